// A program of its own: waits, then clears the clipboard if it still holds what fob put there.
import { text } from "node:stream/consumers";
import type { ClipboardKeeper } from "../../cli/clipboard.ts";
import { forgetInTmux } from "./tmux-buffer.ts";

process.on("SIGHUP", () => undefined);

const order: { text: string; seconds: number; keeper: ClipboardKeeper } = JSON.parse(await text(process.stdin));
setTimeout(order.keeper === "tmux" ? () => forgetInTmux(order.text) : clearDesktop, order.seconds * 1000);

async function clearDesktop(): Promise<void> {
  const { default: clipboard } = await import("clipboardy");
  if ((await clipboard.read()) === order.text) await clipboard.write("");
}
