import { FobError } from "#base/fob-error.ts";
import { sleep } from "#base/long-timer.ts";

/** Synchronises once; rejects where that fails. It must stop soon after the signal. */
export type SyncOnce = (end: AbortSignal) => Promise<void>;

/** The longest time between two attempts after failures, unless the usual time is longer. */
const MAX_PAUSE_MS = 2 * 3_600_000;

/** How long to wait after this many failures in a row, in milliseconds. */
export function pauseAfter(failures: number, everyMs: number): number {
  return Math.max(everyMs, Math.min(everyMs * 2 ** failures, MAX_PAUSE_MS));
}

/**
 * Synchronises in an agent: at once, and then at intervals, which become longer while attempts
 * fail. It ends where this device was removed.
 */
export class BackgroundSync {
  readonly #everyMs: number;
  readonly #syncOnce: SyncOnce;
  readonly #end = new AbortController();

  constructor(everyMs: number, syncOnce: SyncOnce) {
    this.#everyMs = everyMs;
    this.#syncOnce = syncOnce;
  }

  /** Synchronises until {@link end}. */
  async run(): Promise<void> {
    const { signal } = this.#end;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#syncOnce(signal);
        failures = 0;
      } catch (error) {
        // `fob sync status` tells; here it only takes longer until the next attempt
        failures++;
        if (error instanceof FobError && error.code === "denied") return;
      }
      await sleep(pauseAfter(failures, this.#everyMs), signal);
    }
  }

  end(): void {
    this.#end.abort();
  }
}
