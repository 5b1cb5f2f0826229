// A separate program: waits, then clears the clipboard if it still has the text of fob.
import { text } from "node:stream/consumers";
import type { ClipboardKeeper } from "#cli/clipboard.ts";
import { forgetOnDesktop } from "#platform/clipboard/forget-on-desktop.ts";
import { type Copy, forgetCopy, isLatest } from "#platform/clipboard/latest-copy.ts";
import { forgetInTmux } from "#platform/clipboard/tmux-buffer.ts";
import { closeInherited } from "#platform/inherited-descriptors.ts";

process.chdir("/");
closeInherited();
process.on("SIGHUP", () => undefined);

interface Order {
  readonly text: string;
  readonly seconds: number;
  readonly keeper: ClipboardKeeper;
  readonly latest: Copy | null;
}

void text(process.stdin).then((input) => {
  const order: Order = JSON.parse(input);
  const clear = order.keeper === "tmux" ? forgetInTmux : forgetOnDesktop;
  setTimeout(() => {
    // a later copy of the same text has its own time
    if (!isLatest(order.latest)) return;
    forgetCopy(order.latest);
    return clear(order.text);
  }, order.seconds * 1000);
});
