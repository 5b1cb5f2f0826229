/** How long an agent keeps a vault open, in milliseconds: in total, and without requests. */
export interface Limits {
  readonly totalMs: number;
  readonly idleMs: number;
}

/**
 * Two clocks in milliseconds: the time of day, which can be set, and a monotonic one. During sleep
 * the monotonic clock stops on Linux and continues on other systems.
 */
export interface Clocks {
  wall(): number;
  monotonic(): number;
}

/** Why an agent locks. */
export type Reason = "its time is over" | "nobody asked for a while" | "the machine slept";

/** How often {@link Lifetime.end} must be called at least, in milliseconds. */
export const CHECK_MS = 1_000;

/**
 * The machine slept, the process was stopped, or the clock was set, if the two clocks differ by
 * more than this, in milliseconds, or if a check is late by more than this.
 */
const SLEPT_MS = 10_000;

/**
 * The time that an agent has left. It must be checked every {@link CHECK_MS}, to notice sleep, and
 * before every answer, because timers do not run while the machine sleeps.
 */
export class Lifetime {
  readonly #limits: Limits;
  readonly #clocks: Clocks;
  readonly #start: number;
  readonly #startWall: number;
  #used: number;
  #seen: number;
  #seenWall: number;

  constructor(limits: Limits, clocks: Clocks) {
    this.#limits = limits;
    this.#clocks = clocks;
    this.#start = this.#used = this.#seen = clocks.monotonic();
    this.#startWall = this.#seenWall = clocks.wall();
  }

  get startedAt(): Date {
    return new Date(this.#startWall);
  }

  get endsAt(): Date {
    return new Date(this.#startWall + this.#limits.totalMs);
  }

  /** Records a request. */
  use(): void {
    this.#used = this.#clocks.monotonic();
  }

  /** Why the time is over; null while it is not. */
  end(): Reason | null {
    const now = this.#clocks.monotonic();
    const wall = this.#clocks.wall();
    const sinceSeen = now - this.#seen;
    const slept = wall - this.#seenWall - sinceSeen > SLEPT_MS || sinceSeen > CHECK_MS + SLEPT_MS;
    this.#seen = now;
    this.#seenWall = wall;
    if (slept) return "the machine slept";
    const isOver =
      now - this.#start >= this.#limits.totalMs || wall - this.#startWall >= this.#limits.totalMs;
    if (isOver) return "its time is over";
    return now - this.#used >= this.#limits.idleMs ? "nobody asked for a while" : null;
  }
}
