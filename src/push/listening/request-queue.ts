import type { FobError } from "#base/fob-error.ts";
import type { InboxToken, PolledRequests } from "#push/inbox/inbox.ts";
import type { PushEvent } from "#push/push-event.ts";
import type { PushRequest } from "#push/push-request.ts";

/** How many different refusals are reported, and how many answered requests are remembered. */
const MAX_REFUSALS = 256;
const MAX_ANSWERED = 4_096;

/** The open requests of one token. */
export class RequestQueue {
  readonly token: InboxToken["token"];
  /** The newest first. */
  waiting: readonly PushRequest[] = [];
  /**
   * Why the server refuses this token, or does not answer for it alone, once an event has reported
   * that; null while it answers.
   */
  offline: FobError | null = null;
  /** What was wrong with the last reply, as {@link PolledRequests.garbage} says it. */
  garbage: string | null = null;
  /** Answered requests: a poll that was already under way may list them once more. */
  readonly #answered = new Set<string>();
  readonly #refusals = new Set<string>();

  constructor(token: InboxToken["token"]) {
    this.token = token;
  }

  /**
   * Takes the result of a poll; returns the events for new and gone requests, in the order in which
   * they are to be reported.
   */
  compare({ requests: listed, refusals, garbage }: PolledRequests, now: Date): PushEvent[] {
    this.garbage = garbage;
    const before = this.waiting;
    this.waiting = listed.filter(({ id }) => !this.#answered.has(id));
    const fresh = without(this.waiting, before).reverse();
    return [
      ...without(before, this.waiting).map((request) => asGone(request, now)),
      ...fresh.map((request) => ({ kind: "request", request }) as const),
      ...this.#unheard(garbage === null ? refusals : [...refusals, garbage]).map(
        (message) => ({ kind: "refusal", token: this.token.name, message }) as const,
      ),
    ];
  }

  /** Removes expired requests; returns their events. */
  expire(now: Date): PushEvent[] {
    const before = this.waiting;
    this.waiting = before.filter(({ expiresAt }) => expiresAt > now);
    return without(before, this.waiting).map((request) => asGone(request, now));
  }

  /** Ends the listening for this token; returns the events. */
  end(message: string): PushEvent[] {
    const left = this.waiting;
    this.waiting = [];
    const gone = left.map((request) => ({ kind: "gone", request, reason: "withdrawn" }) as const);
    return [...gone, { kind: "ended", token: this.token.name, message }];
  }

  /** Removes an answered request. */
  drop(id: string): void {
    if (this.#answered.size >= MAX_ANSWERED) this.#answered.clear();
    this.#answered.add(id);
    this.waiting = this.waiting.filter((request) => request.id !== id);
  }

  #unheard(refusals: readonly string[]): string[] {
    const unheard = [...new Set(refusals)].filter((message) => !this.#refusals.has(message));
    const told = unheard.slice(0, MAX_REFUSALS - this.#refusals.size);
    for (const message of told) this.#refusals.add(message);
    return told;
  }
}

function without(requests: readonly PushRequest[], others: readonly PushRequest[]): PushRequest[] {
  const ids = new Set(others.map(({ id }) => id));
  return requests.filter(({ id }) => !ids.has(id));
}

function asGone(request: PushRequest, now: Date): PushEvent {
  return { kind: "gone", request, reason: request.expiresAt <= now ? "expired" : "withdrawn" };
}
