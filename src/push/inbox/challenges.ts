import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { findOption } from "#push/option.ts";
import type { PushChallenge } from "#push/provider.ts";
import { type PushRequest, requestId } from "#push/push-request.ts";
import { type PushToken, serverOf } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import {
  canBeTriedAgain,
  choiceWithoutReply,
  type RememberedRequest,
} from "#vault/tokens/push-memory.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";

/** A polled challenge with its id, which is the same in every process. */
export interface IdentifiedChallenge {
  readonly id: string;
  readonly challenge: PushChallenge;
}

/** A challenge that its server still asks about. */
export interface OpenChallenge {
  readonly challenge: PushChallenge;
  /** The choice without a reply that was known before the server was asked; null for none. */
  readonly untaken: PushAnswer | null;
}

/** The remembered requests in a token's record, by id. */
export type PushMemoryById = ReadonlyMap<string, RememberedRequest>;

/** Adds ids to the challenges of a token. */
export function withIds(
  tokenId: string,
  challenges: readonly PushChallenge[],
): IdentifiedChallenge[] {
  return challenges.map((challenge) => ({ id: requestId(tokenId, challenge.nonce), challenge }));
}

/** The remembered requests of a record. */
export function memoryOf({ pushRequests }: TokenRecord): PushMemoryById {
  return new Map(pushRequests.map((one) => [one.id, one]));
}

/**
 * Challenges that a server has just sent, by request id. `past` is what was remembered before it
 * was asked.
 */
export function openChallenges(
  waiting: readonly IdentifiedChallenge[],
  past: PushMemoryById,
): Map<string, OpenChallenge> {
  return new Map(
    waiting.map(({ id, challenge }) => {
      const before = past.get(id);
      return [id, { challenge, untaken: before ? choiceWithoutReply(before) : null }];
    }),
  );
}

/**
 * For how long after it was first seen a server may list a request that is over here, in
 * milliseconds: its administrator may have set a longer time for answers.
 */
const LISTED_MS = 600_000;

/**
 * Whether a request can be answered. An answer that was recorded but perhaps never received can be
 * sent again, and another choice after a wrong one.
 */
export function isWaiting(
  remembered: RememberedRequest | undefined,
  challenge: PushChallenge,
  now: Date,
): boolean {
  return (
    remembered !== undefined &&
    (remembered.isAccepted === null || canBeTriedAgain(remembered)) &&
    !hasExpired(remembered, challenge, now)
  );
}

/** Whether a request has expired. The time counts from when it was first seen. */
export function hasExpired(
  { seenAt }: RememberedRequest,
  { lifetime }: PushChallenge,
  now: Date,
): boolean {
  return seenAt + lifetime * 1000 <= now.getTime();
}

/**
 * Reasons why requests that were known before the poll are not shown again. None is given while
 * the server may still wait for an answer that it has not accepted.
 */
export function refuseRepeated(
  received: readonly IdentifiedChallenge[],
  past: PushMemoryById,
  now: Date,
): string[] {
  return received.flatMap(({ id, challenge }) => {
    const remembered = past.get(id);
    if (!remembered || isWaiting(remembered, challenge, now)) return [];
    const { isAccepted, seenAt } = remembered;
    if (isAccepted !== true && now.getTime() - seenAt < LISTED_MS) return [];
    return isAccepted !== true && hasExpired(remembered, challenge, now)
      ? [t("a request was dropped: it has expired and was sent again")]
      : [t("a request was dropped: it was answered already and was sent again")];
  });
}

/** The request for a challenge; `seenAt` is in milliseconds. */
export function asRequest(
  token: PushToken,
  { id, challenge }: IdentifiedChallenge,
  seenAt: number,
): PushRequest {
  const { title, question, options, lifetime } = challenge;
  return {
    id,
    tokenId: token.id,
    token: token.name,
    title,
    question,
    server: serverOf(token),
    options,
    receivedAt: new Date(seenAt),
    expiresAt: new Date(seenAt + lifetime * 1000),
    isQuick: token.credential.isQuick && token.pin === "none" && options.length === 0,
  };
}

/**
 * An answer with its choice as the server wrote it. Throws FobError `usage` when an approval does
 * not choose what must be chosen, or chooses what is not offered.
 */
export function withOption({ options }: PushChallenge, answer: PushAnswer): PushAnswer {
  if (answer.kind === "deny") return answer;
  const { choice } = answer;
  if (options.length === 0 && choice === null) return answer;
  if (choice !== null && options.length === 0)
    throw new FobError("usage", t("this request offers nothing to choose from"));
  const option = choice === null ? null : findOption(options, choice);
  if (option !== null) return { kind: "approve", choice: option };
  throw new FobError(
    "usage",
    t`one of ${options.join(", ")} must be chosen: the login page shows which`,
    {
      hint: "--choice",
    },
  );
}
