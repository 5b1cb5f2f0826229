import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { answerInWords, type PushAnswer, sameAnswer } from "#token/push-answer.ts";

/** How many requests are remembered with their words. */
const TOLD = 20;

/**
 * How many requests are remembered at all, so that none of them is shown again or answered twice. A
 * signature holds no time: whoever can stand in for the server could send an old one again. Its
 * server knows it no longer, and after this many newer ones it would be shown.
 */
const KNOWN = 1_024;

/** A login request as a token's record keeps it. */
export interface RememberedRequest {
  readonly id: string;
  /** When it was first seen, in milliseconds since 1970. */
  readonly seenAt: number;
  /** What it says; null for one that is older than the newest 20. */
  readonly words: { readonly title: string; readonly question: string } | null;
  /** What was, or is to be, said to it: whatever was decided here first. */
  readonly answer: PushAnswer | null;
  /** Whether the server took the answer; null as long as nobody heard so. */
  readonly isAccepted: boolean | null;
}

/** Requests, the newest first. */
export type RememberedRequests = readonly RememberedRequest[];

/**
 * Remembers requests that are not known yet, the newest last. Returns `known` itself when all of
 * them are.
 */
export function rememberRequests(
  known: RememberedRequests,
  arrived: readonly { readonly id: string; readonly title: string; readonly question: string }[],
  now: Date,
): RememberedRequests {
  const ids = new Set(known.map(({ id }) => id));
  const fresh = arrived
    .filter(({ id }) => !ids.has(id))
    .map(({ id, title, question }) => ({ ...unanswered(id, now), words: { title, question } }));
  if (fresh.length === 0) return known;
  return bounded([...fresh.reverse(), ...known]);
}

/**
 * Decides on an answer, before it is sent. Returns `known` itself when this very one was decided on
 * and may not have arrived. Throws FobError `rejected` when another one was decided on, or the
 * server has this one already.
 */
export function claimAnswer(
  known: RememberedRequests,
  id: string,
  answer: PushAnswer,
  now: Date,
): RememberedRequests {
  const before = known.find((one) => one.id === id) ?? unanswered(id, now);
  if (
    before.answer !== null &&
    (before.isAccepted !== null || !sameAnswer(before.answer, answer))
  ) {
    throw new FobError("rejected", t`this request was ${answerInWords(before.answer)} already`, {
      hint:
        before.isAccepted === null
          ? t("whether its server heard it is not known: the same answer can be sent again")
          : "fob push history",
    });
  }
  return before.answer === null ? put(known, { ...before, answer }) : known;
}

/**
 * Notes whether the server took the answers that were sent, by the id of their request. What it
 * took once stays taken: two processes may have sent the same answer, and it takes one. Returns
 * `known` itself when that was known.
 */
export function settleAnswers(
  known: RememberedRequests,
  outcomes: ReadonlyMap<string, boolean>,
): RememberedRequests {
  let isNew = false;
  const settled = known.map((one) => {
    const isAccepted = one.isAccepted === true || (outcomes.get(one.id) ?? one.isAccepted);
    if (isAccepted === one.isAccepted) return one;
    isNew = true;
    return { ...one, isAccepted };
  });
  return isNew ? settled : known;
}

function unanswered(id: string, now: Date): RememberedRequest {
  return { id, seenAt: now.getTime(), words: null, answer: null, isAccepted: null };
}

function put(known: RememberedRequests, request: RememberedRequest): RememberedRequests {
  const isKnown = known.some(({ id }) => id === request.id);
  return bounded(
    isKnown ? known.map((one) => (one.id === request.id ? request : one)) : [request, ...known],
  );
}

function bounded(requests: RememberedRequests): RememberedRequests {
  return requests
    .slice(0, KNOWN)
    .map((one, i) => (i < TOLD || one.words === null ? one : { ...one, words: null }));
}
