import type { NotedUse } from "#vault/uses/noting.ts";
import type { LoggedUse } from "#vault/uses/use.ts";

/** A use that is new is written after this time, in milliseconds, together with others. */
const SOON_MS = 1_000;

/** The same use again is counted, and written after this time, in milliseconds. */
const AGAIN_MS = 600_000;

/** How many different uses are remembered. */
const MAX_KNOWN = 256;

interface Known {
  /** What is still to be written; null for nothing. */
  pending: LoggedUse | null;
  /** When that is due, in milliseconds of the clock. */
  due: number;
}

/**
 * Collects the uses of an agent for the log. A program that asks a thousand times gives few
 * entries: what repeats is counted.
 */
export class UseNotes {
  readonly #write: (uses: readonly LoggedUse[]) => void;
  readonly #clock: () => Date;
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (uses: readonly LoggedUse[]) => void, clock: () => Date) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Notes a use of a program, as often as it happened since the last note. */
  note(use: NotedUse, program: string | null, times = 1): void {
    const { token, purpose, grant, isAllowed, isAsked } = use;
    const key = JSON.stringify([token.id, purpose, program, grant, isAllowed, isAsked]);
    const now = this.#clock();
    const known = this.#known.get(key) ?? this.#add(key);
    const first = known.pending?.first ?? now;
    const before = known.pending?.times ?? 0;
    if (!known.pending) known.due = Math.max(known.due, now.getTime() + SOON_MS);
    known.pending = { ...use, program, times: before + times, first, last: now };
    this.#timer ??= setTimeout(() => this.#writeDue(), SOON_MS);
  }

  /** Writes everything that was noted. */
  flush(): void {
    this.#writeAll(() => true);
  }

  #add(key: string): Known {
    if (this.#known.size >= MAX_KNOWN) {
      this.flush();
      this.#known.clear();
    }
    const known: Known = { pending: null, due: 0 };
    this.#known.set(key, known);
    return known;
  }

  #writeDue(): void {
    this.#timer = null;
    const now = this.#clock().getTime();
    // a clock that was set back makes nothing wait for ever
    this.#writeAll(({ due }) => due <= now || due > now + AGAIN_MS);
    if ([...this.#known.values()].some(({ pending }) => pending))
      this.#timer = setTimeout(() => this.#writeDue(), SOON_MS);
  }

  #writeAll(isDue: (known: Known) => boolean): void {
    const due = [...this.#known.values()].filter((known) => known.pending && isDue(known));
    const uses = due.flatMap(({ pending }) => pending ?? []);
    if (uses.length > 0) this.#write(uses);
    for (const known of due) {
      known.pending = null;
      known.due = this.#clock().getTime() + AGAIN_MS;
    }
  }
}
