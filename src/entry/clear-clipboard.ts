// A separate program: waits, then clears the clipboard if it still has the text of fob. On X11 it
// owns the clipboard meanwhile, and clears it by its end.
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { ClipboardKeeper } from "#cli/clipboard.ts";
import { forgetOnDesktop } from "#platform/clipboard/forget-on-desktop.ts";
import { type Copy, forgetCopy, isLatest } from "#platform/clipboard/latest-copy.ts";
import { forgetInTmux } from "#platform/clipboard/tmux-buffer.ts";
import type { OwningOrder } from "#platform/clipboard/x-owner.ts";
import { ownSelection } from "#platform/clipboard/x-selection.ts";
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

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

void lines.next().then(({ value }) => {
  const order: Order | OwningOrder = JSON.parse(value);
  return "display" in order ? own(order) : wait(order);
});

function wait(order: Order): void {
  const clear = order.keeper === "tmux" ? forgetInTmux : forgetOnDesktop;
  setTimeout(() => {
    // a later copy of the same text has its own time
    if (!isLatest(order.latest)) return;
    forgetCopy(order.latest);
    return clear(order.text);
  }, order.seconds * 1000);
}

/** Owns the clipboard for as many seconds as the next line says; without one, fob has failed. */
async function own({ display, text, isForOnePaste, latest }: OwningOrder): Promise<void> {
  const owned = await ownSelection(display, Buffer.from(text), isForOnePaste);
  if (owned === null) process.exit(1);
  // fob may have ended
  process.stdout.on("error", () => undefined).write("owned\n");
  const time = lines.next().then(({ value }) => pause(Number(value ?? 0) * 1000));
  await Promise.race([owned.over, time]);
  await owned.release();
  forgetCopy(latest);
  process.exit();
}
