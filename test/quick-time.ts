import { vi } from "vitest";

/** How often this process looks at the clock that the test moves, in milliseconds. */
const STEP_MS = 10;

/**
 * Does something with timers of this process that run `factor` times as fast: for limits on how
 * long a silent program is waited for. Other processes keep their own time.
 */
export async function inQuickTime<T>(factor: number, act: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const clock = setInterval(() => vi.advanceTimersByTime(STEP_MS * factor), STEP_MS);
  try {
    return await act();
  } finally {
    clearInterval(clock);
    vi.useRealTimers();
  }
}
