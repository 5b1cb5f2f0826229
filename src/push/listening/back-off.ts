/** How long after the last activity a server is polled every second, in milliseconds. */
const EAGER_MS = 120_000;

/** The shortest and the longest pause between two polls, in milliseconds. */
const FASTEST = 1_000;
const SLOWEST = 30_000;

/**
 * The maximum random addition to a pause, as a part of it, so that many listeners do not poll at
 * the same time.
 */
const JITTER = 0.25;

/**
 * Computes the pause before the next poll of a server: one second during activity, doubling up to
 * 30 s without activity or when the server cannot be reached. With `fixed`, in milliseconds, always
 * that pause while the server can be reached.
 */
export class BackOff {
  readonly #fixed: number | null;
  readonly #random: () => number;
  #wokenAt: number;
  #idle = 0;
  #failures = 0;

  /**
   * `random` returns numbers from 0 (inclusive) to 1 (exclusive); `now` is in milliseconds, as in
   * all methods.
   */
  constructor(now: number, random: () => number, fixed: number | null) {
    this.#wokenAt = now;
    this.#random = random;
    this.#fixed = fixed;
  }

  /** Goes back to short pauses, after a request or a pressed key. */
  wake(now: number): void {
    this.#wokenAt = now;
    this.#idle = 0;
  }

  /** Records an answer of the server. */
  succeed(): void {
    this.#failures = 0;
  }

  /** Records a poll without a valid answer. */
  fail(): void {
    this.#failures++;
  }

  /** The next pause in milliseconds. */
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
