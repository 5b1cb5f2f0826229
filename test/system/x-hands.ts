import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { eventually } from "../waiting.ts";
import type { XDisplay } from "./x-display.ts";

/**
 * The hands of a person at a display: waits for the window of another process than the last one,
 * and gives keys to it.
 */
export function xHands(display: XDisplay): (...keys: readonly string[]) => Promise<void> {
  const env = { ...process.env, DISPLAY: display.name };
  const xdotool = async (...args: string[]) =>
    (await promisify(execFile)("xdotool", args, { env, timeout: 20_000 })).stdout;
  const window = ["search", "--onlyvisible", "--name", "."];
  let last = "";
  return async (...keys) => {
    last = await eventually("a window of a pinentry", async () => {
      const found = (await xdotool(...window, "getwindowpid").catch(() => "")).trim();
      return found === "" || found === last ? undefined : found;
    });
    await xdotool(...window, "windowfocus", "--sync");
    await xdotool("key", ...keys);
  };
}
