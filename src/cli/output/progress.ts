import { t } from "#base/language.ts";
import type { Progress } from "#cli/context.ts";
import { cutWidth } from "./width.ts";

/** The bar appears after this time, in milliseconds. */
const PATIENCE = 300;

/** How often the bar is redrawn, in milliseconds. */
const INTERVAL = 100;

const BAR_WIDTH = 24;

/**
 * Shows a progress bar on a terminal, with number, rate and the time that is left, and removes it
 * when the work ends; does nothing elsewhere.
 */
export function progressOn(
  stream: NodeJS.WriteStream,
  isWanted: boolean,
): (total: number, what: string) => Progress {
  return (total, what) => {
    const start = now();
    let done = 0;
    let drawn = start + PATIENCE - INTERVAL;
    let isDrawn = false;
    return {
      step() {
        done++;
        const time = now();
        if (!isWanted || !stream.isTTY || time - drawn < INTERVAL) return;
        drawn = time;
        isDrawn = true;
        const columns = stream.columns || 80;
        stream.write(`\r\u001b[K${viewProgress({ done, total, what, ms: time - start }, columns)}`);
      },
      end() {
        if (isDrawn) stream.write("\r\u001b[K");
        isDrawn = false;
      },
    };
  };
}

/** How far some work is after `ms` milliseconds. */
interface Stage {
  readonly done: number;
  readonly total: number;
  readonly what: string;
  readonly ms: number;
}

/** One line that fits: the bar gives way to the words, and these to the numbers. */
export function viewProgress({ done, total, what, ms }: Stage, columns: number): string {
  const rate = done / (ms / 1000);
  const left = Math.max(0, Math.ceil((total - done) / rate));
  const words = t`${done} of ${total} ${what}, ${Math.round(rate)}/s, ${duration(left)} left`;
  const filled = Math.round(Math.min(1, done / total) * BAR_WIDTH);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} `;
  // a line that reaches the last cell would wrap
  const lines = [bar + words, words, `${done}/${total}`];
  return lines.find((line) => line.length < columns) ?? cutWidth(`${done}/${total}`, columns - 1);
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Milliseconds of a clock that nobody sets; loading that of node:perf_hooks takes longer. */
function now(): number {
  return process.uptime() * 1_000;
}
