import { spawn } from "node:child_process";
import type { Clipboard } from "../../cli/clipboard.ts";
import { FobError } from "../../fob-error.ts";
import { readCopiedPicture } from "./copied-picture.ts";

/** The desktop's clipboard. `clearScript` is the path of the built program that clears it later. */
export function systemClipboard({ clearScript }: { readonly clearScript: string }): Clipboard {
  return {
    async copy(text) {
      const { default: clipboard } = await import("clipboardy");
      try {
        await clipboard.write(text);
      } catch {
        // the package's error holds what was to be copied, so it goes no further
        throw new FobError("unavailable", "the clipboard cannot be reached", { hint: HINT });
      }
    },
    async paste() {
      const picture = await readCopiedPicture();
      const { default: clipboard } = await import("clipboardy");
      try {
        return { picture, text: await clipboard.read() };
      } catch {
        // a clipboard that holds a picture alone has no text to give
        if (picture) return { picture, text: "" };
        throw new FobError("unavailable", "the clipboard is empty, or cannot be reached", { hint: HINT });
      }
    },
    clearLater: (text, seconds) => handOver(clearScript, JSON.stringify({ text, seconds })),
  };
}

const HINT =
  process.platform === "linux"
    ? "it needs a desktop session (DISPLAY or WAYLAND_DISPLAY) and xclip or wl-clipboard"
    : "is there a desktop session?";

/** Starts a process of its own, gives it the order on its standard input, and lets go of it. */
function handOver(script: string, order: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      windowsHide: true,
    });
    const fail = () => reject(new FobError("unavailable", "the clipboard was filled, but cannot be cleared later"));
    child.once("error", fail);
    child.stdin.once("error", fail);
    child.stdin.end(order, () => {
      child.unref();
      resolve();
    });
  });
}
