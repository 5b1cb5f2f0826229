// A separate program: waits, then clears the clipboard if it still has the text of fob. On Linux it
// has filled the clipboard before: programs that serve pastes keep what they get from it, and
// nothing of whoever started fob. On X11 it owns the clipboard itself, and clears it by its end.
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { ClipboardKeeper } from "#cli/clipboard.ts";
import type { CopyOrder } from "#platform/clipboard/copy-process.ts";
import { copyByProgram } from "#platform/clipboard/copy-to-desktop.ts";
import { forgetOnDesktop } from "#platform/clipboard/forget-on-desktop.ts";
import { type Copy, forgetCopy, isLatest } from "#platform/clipboard/latest-copy.ts";
import { forgetInTmux } from "#platform/clipboard/tmux-buffer.ts";
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
  const order: Order | CopyOrder = JSON.parse(value);
  return "display" in order ? copy(order) : wait(order);
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

/** Fills the clipboard for as many seconds as the next line says; without one, fob has failed. */
async function copy(order: CopyOrder): Promise<void> {
  const { display, text, isForOnePaste, latest } = order;
  const owned = display && (await ownSelection(display, Buffer.from(text), isForOnePaste));
  if (!owned && !(await copyByProgram(text, isForOnePaste, process.env))) process.exit(1);
  // fob may have ended
  process.stdout.on("error", () => undefined).write("copied\n");
  const time = lines.next().then(({ value }) => pause(Number(value ?? 0) * 1000));
  if (owned) {
    await Promise.race([owned.over, time]);
    await owned.release();
  } else {
    await time;
    // a later copy of the same text has its own time
    if (isLatest(latest)) await forgetOnDesktop(text);
  }
  forgetCopy(latest);
  process.exit();
}
