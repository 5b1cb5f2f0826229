import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { answerInWords, type PushAnswer, sameAnswer } from "#token/push-answer.ts";

/** How many requests are kept with their text. */
const TOLD = 20;

/**
 * How many requests are kept at all, so that none is shown or answered twice. A signature contains
 * no time: an attacker in the server's place could replay an old request. The server has forgotten
 * it by then, and after this many newer ones it would be shown again.
 */
const KNOWN = 1_024;

/** A login request as a token's record stores it. */
export interface RememberedRequest {
  readonly id: string;
  /** When it was first seen, in milliseconds since 1970. */
  readonly seenAt: number;
  /** Its text; null for requests older than the newest 20. */
  readonly words: { readonly title: string; readonly question: string } | null;
  /** The first answer that was decided on here, whether it was sent yet or not. */
  readonly answer: PushAnswer | null;
  /** Whether the server accepted the answer; null while that is unknown. */
  readonly isAccepted: boolean | null;
}

/** Requests, the newest first. */
export type RememberedRequests = readonly RememberedRequest[];

/**
 * Adds requests that are not known yet; the last of `arrived` is the newest. Returns `known` itself
 * when all are known.
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
 * Whether a request can be answered once more: its server did not accept the option that was
 * chosen, and keeps the request open for another choice.
 */
export function canBeTriedAgain({
  answer,
  isAccepted,
}: Pick<RememberedRequest, "answer" | "isAccepted">): boolean {
  return isAccepted === false && answer?.kind === "approve" && answer.choice !== null;
}

/**
 * The choice whose reply was lost, or has not come yet; null for every other answer. A server that
 * asks on after it did not take it.
 */
export function choiceWithoutReply({ answer, isAccepted }: RememberedRequest): PushAnswer | null {
  return isAccepted === null && answer?.kind === "approve" && answer.choice !== null
    ? answer
    : null;
}

/**
 * Decides on an answer before it is sent. Returns `known` itself when the same answer was decided
 * on and may not have arrived. Throws FobError `rejected` when another answer was decided on, or
 * the server has this one already. After a wrong choice any answer is possible again: one that the
 * server refused, or `untaken`, the {@link choiceWithoutReply} after which it asked on.
 */
export function claimAnswer(
  known: RememberedRequests,
  id: string,
  answer: PushAnswer,
  now: Date,
  untaken: PushAnswer | null = null,
): RememberedRequests {
  const before = known.find((one) => one.id === id) ?? unanswered(id, now);
  const isUntaken =
    untaken !== null && before.isAccepted === null && isAnsweredWith(before, untaken);
  if ((isUntaken && !sameAnswer(untaken, answer)) || canBeTriedAgain(before))
    return put(known, { ...before, answer, isAccepted: null });
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
 * Records whether the server accepted the answer that was sent, by request id. An accepted answer
 * stays accepted: two processes may have sent the same answer, and the server accepts one. It also
 * stands in place of another one that was decided on while its reply was awaited. Returns `known`
 * itself when nothing changes.
 */
export function settleAnswers(
  known: RememberedRequests,
  answer: PushAnswer,
  outcomes: ReadonlyMap<string, boolean>,
): RememberedRequests {
  let isNew = false;
  const settled = known.map((one) => {
    const isAccepted = outcomes.get(one.id) ?? one.isAccepted;
    if (one.isAccepted === true || isAccepted === one.isAccepted) return one;
    if (!isAccepted && !isAnsweredWith(one, answer)) return one;
    isNew = true;
    return { ...one, answer, isAccepted };
  });
  return isNew ? settled : known;
}

/** Whether this is the answer that was decided on. */
export function isAnsweredWith({ answer }: RememberedRequest, sent: PushAnswer): boolean {
  return answer !== null && sameAnswer(answer, sent);
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
