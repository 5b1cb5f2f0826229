/**
 * How long an agent keeps a vault open, in milliseconds: in all, and without being asked anything.
 */
export interface Limits {
  readonly totalMs: number;
  readonly idleMs: number;
}

/**
 * Two clocks in milliseconds: the time of day, which people and time servers set, and one that only
 * runs. While the machine sleeps, that one stands on Linux, and runs on elsewhere.
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
 * The machine slept, or the process was stopped, or somebody set the clock, when the two clocks
 * part by more than this, in milliseconds, or when nobody looked at them for that much longer than
 * is due.
 */
const SLEPT_MS = 10_000;

/**
 * The time that an agent has left. It must be asked every {@link CHECK_MS}, which shows a sleep,
 * and before every answer, because no timer runs while the machine sleeps.
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

  /** Notes that somebody asked for something. */
  use(): void {
    this.#used = this.#clocks.monotonic();
  }

  /** Why it is over, or null while it is not. */
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
