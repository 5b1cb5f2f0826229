import type { Agreement } from "./negotiation.ts";

/**
 * How long a client may take for its second message, in milliseconds, and the maximum number of
 * unfinished runs.
 */
const RUN_MS = 120_000;
const MAX_RUNS = 256;

/**
 * A run of four passes after the second pass. Messages are kept as they were sent, because the last
 * MAC covers their octets.
 */
interface HalfwayRun {
  readonly code: string;
  readonly agreement: Agreement;
  readonly serverNonce: Buffer;
  readonly messages: readonly Buffer[];
}

/** The runs that wait for their third pass, which can come once. Times are Unix milliseconds. */
export class HalfwayRuns {
  readonly #runs = new Map<string, { readonly run: HalfwayRun; readonly expiresAt: number }>();

  /** Adds a run; drops the oldest when there are too many. */
  add(sessionId: string, run: HalfwayRun, now: number): void {
    for (const [id, { expiresAt }] of this.#runs) if (expiresAt <= now) this.#runs.delete(id);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size >= MAX_RUNS && oldest !== undefined) this.#runs.delete(oldest);
    this.#runs.set(sessionId, { run, expiresAt: now + RUN_MS });
  }

  /** Removes and returns the run of a session; null when there is none, or it has expired. */
  take(sessionId: string, now: number): HalfwayRun | null {
    const found = this.#runs.get(sessionId);
    this.#runs.delete(sessionId);
    return found && now < found.expiresAt ? found.run : null;
  }
}
