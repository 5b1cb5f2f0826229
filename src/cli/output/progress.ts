import type { Progress } from "#cli/context.ts";

/** The bar appears after this time, in milliseconds. */
const PATIENCE = 300;

/** How often the bar is redrawn, in milliseconds. */
const INTERVAL = 100;

const BAR_WIDTH = 24;

/**
 * Shows a progress bar on a terminal, and removes it when the work ends; does nothing elsewhere.
 */
export function progressOn(
  stream: NodeJS.WriteStream,
  isWanted: boolean,
): (total: number, what: string) => Progress {
  return (total, what) => {
    let done = 0;
    let drawn = performance.now() + PATIENCE - INTERVAL;
    let isDrawn = false;
    return {
      step() {
        done++;
        if (!isWanted || !stream.isTTY || performance.now() - drawn < INTERVAL) return;
        drawn = performance.now();
        isDrawn = true;
        const filled = Math.round((done / total) * BAR_WIDTH);
        stream.write(
          `\r${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${done} of ${total} ${what}`,
        );
      },
      end() {
        if (isDrawn) stream.write("\r\u001b[K");
      },
    };
  };
}
