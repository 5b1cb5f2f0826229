/** For how long after the last sign of life a server is asked every second, in milliseconds. */
const EAGER_MS = 120_000;

/** How often a server is asked at most and at least, in milliseconds. */
const FASTEST = 1_000;
const SLOWEST = 30_000;

/**
 * By how much the pauses of many listeners differ at most, so that they do not all ask at once: a
 * part of the pause.
 */
const JITTER = 0.25;

/**
 * How long to pause before a server is asked again: a second while somebody waits, doubling up to
 * 30 s when nothing happens or the server cannot be reached. With `fixed`, in milliseconds, always
 * that long while it can.
 */
export class BackOff {
  readonly #fixed: number | null;
  readonly #random: () => number;
  #wokenAt: number;
  #idle = 0;
  #failures = 0;

  /** `random` gives numbers from 0 up to 1; `now` is in milliseconds, as everywhere here. */
  constructor(now: number, random: () => number, fixed: number | null) {
    this.#wokenAt = now;
    this.#random = random;
    this.#fixed = fixed;
  }

  /** Starts anew with short pauses: a request came, or a person pressed a key. */
  wake(now: number): void {
    this.#wokenAt = now;
    this.#idle = 0;
  }

  /** The server answered. */
  succeed(): void {
    this.#failures = 0;
  }

  /** The server did not answer, or not with sense. */
  fail(): void {
    this.#failures++;
  }

  /** The next pause. */
  pause(now: number): number {
    const isEager = now - this.#wokenAt < EAGER_MS;
    this.#idle = isEager ? 0 : this.#idle + 1;
    const steps = this.#failures > 0 ? this.#failures : this.#idle;
    const usual =
      this.#failures === 0 && this.#fixed !== null
        ? this.#fixed
        : Math.min(SLOWEST, FASTEST * 2 ** Math.min(steps, 10));
    return usual * (1 + JITTER * this.#random());
  }
}
