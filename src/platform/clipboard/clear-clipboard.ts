// A program of its own: waits, then clears the clipboard if it still holds what fob put there.
import { text } from "node:stream/consumers";
import clipboard from "clipboardy";

process.on("SIGHUP", () => undefined);

const order: { text: string; seconds: number } = JSON.parse(await text(process.stdin));
setTimeout(clear, order.seconds * 1000);

async function clear(): Promise<void> {
  if ((await clipboard.read()) === order.text) await clipboard.write("");
}
