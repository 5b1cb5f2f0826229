import type { Agreement } from "./negotiation.ts";

/**
 * How long the second half of a run may take to come, in milliseconds, and how many runs may be
 * half-way.
 */
const RUN_MS = 120_000;
const MAX_RUNS = 256;

/**
 * A run of four passes after its second. Messages are kept as they were sent: the last MAC covers
 * their very octets.
 */
interface HalfwayRun {
  readonly code: string;
  readonly agreement: Agreement;
  readonly serverNonce: Buffer;
  readonly messages: readonly Buffer[];
}

/**
 * The runs that wait for their third pass, each of which can come once. Times are Unix
 * milliseconds.
 */
export class HalfwayRuns {
  readonly #runs = new Map<string, { readonly run: HalfwayRun; readonly expiresAt: number }>();

  /** Remembers a run, in place of the oldest where there are too many. */
  add(sessionId: string, run: HalfwayRun, now: number): void {
    for (const [id, { expiresAt }] of this.#runs) if (expiresAt <= now) this.#runs.delete(id);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size >= MAX_RUNS && oldest !== undefined) this.#runs.delete(oldest);
    this.#runs.set(sessionId, { run, expiresAt: now + RUN_MS });
  }

  /** The run of a session, which is forgotten now; null when there is none, or its time is over. */
  take(sessionId: string, now: number): HalfwayRun | null {
    const found = this.#runs.get(sessionId);
    this.#runs.delete(sessionId);
    return found && now < found.expiresAt ? found.run : null;
  }
}
