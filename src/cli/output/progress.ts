import type { Progress } from "#cli/context.ts";

/** Work that is done by then needs no bar, in milliseconds. */
const PATIENCE = 300;

/** How often the bar is drawn anew, in milliseconds. */
const INTERVAL = 100;

const BAR_WIDTH = 24;

/** A bar that fills up on a terminal, and vanishes when the work is done; elsewhere nothing. */
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
