// A separate program: waits, then clears the clipboard if it still has the text of fob.
import { text } from "node:stream/consumers";
import type { ClipboardKeeper } from "#cli/clipboard.ts";
import { forgetOnDesktop } from "#platform/clipboard/forget-on-desktop.ts";
import { forgetInTmux } from "#platform/clipboard/tmux-buffer.ts";
import { closeInherited } from "#platform/inherited-descriptors.ts";

process.chdir("/");
closeInherited();
process.on("SIGHUP", () => undefined);

interface Order {
  readonly text: string;
  readonly seconds: number;
  readonly keeper: ClipboardKeeper;
}

void text(process.stdin).then((input) => {
  const order: Order = JSON.parse(input);
  const clear = order.keeper === "tmux" ? forgetInTmux : forgetOnDesktop;
  setTimeout(() => clear(order.text), order.seconds * 1000);
});
