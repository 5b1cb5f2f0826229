import {
  decodeError,
  decodeText,
  type ErrorJson,
  encodeError,
  encodeText,
} from "#base/error-json.ts";
import type { Denials, PolledRequests } from "#push/inbox/inbox.ts";
import type { PushMemory, PushOutcome } from "#push/push-request.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { strangeAnswer } from "./strange-answer.ts";

/** A login request as the protocol writes it. */
export interface PushRequestJson
  extends Record<"id" | "token" | "title" | "question" | "server", string> {
  readonly tokenId: string;
  readonly receivedAt: string;
  readonly expiresAt: string;
  readonly options: readonly string[];
  readonly quick: boolean;
}

/** What a poll brought, as the protocol writes it. */
export interface PushPollJson {
  readonly requests: readonly PushRequestJson[];
  /** In English; `localRefusals` has them in the client's language, where it requested one. */
  readonly refusals: readonly string[];
  readonly localRefusals?: readonly string[];
  /** In English; `localGarbage` has it in the client's language. Absent in older replies. */
  readonly garbage?: string | null;
  readonly localGarbage?: string;
  readonly clockOffsetSeconds: number | null;
}

/** A remembered login request as the protocol writes it. */
export interface PushMemoryJson
  extends Record<"id" | "token" | "title" | "question" | "server", string> {
  readonly receivedAt: string;
  readonly answer: "approved" | "denied" | "reported" | null;
  readonly choice: string | null;
  readonly accepted: boolean | null;
}

/** Refusals as a poll has them. */
export function encodeRefusals(
  refusals: readonly string[],
): Pick<PushPollJson, "refusals" | "localRefusals"> {
  const texts = refusals.map(encodeText);
  const english = texts.map((text) => text.english);
  return texts.some(({ local }) => local !== undefined)
    ? { refusals: english, localRefusals: refusals }
    : { refusals: english };
}

/** What is wrong with a list of requests, as a poll has it. */
export function encodeGarbage(
  garbage: string | null,
): Pick<PushPollJson, "garbage" | "localGarbage"> {
  if (garbage === null) return { garbage };
  const { english, local } = encodeText(garbage);
  return { garbage: english, ...(local === undefined ? {} : { localGarbage: local }) };
}

function decodeGarbage({ garbage, localGarbage }: PushPollJson): string | null {
  if (garbage == null) return null;
  return decodeText({ english: garbage, local: localGarbage ?? garbage });
}

/** Decodes an agent's reply to a poll. */
export function decodePoll(json: unknown): PolledRequests {
  const poll = json as PushPollJson;
  const { requests, refusals, localRefusals = refusals, clockOffsetSeconds } = poll;
  return {
    clockOffsetSeconds,
    garbage: decodeGarbage(poll),
    refusals: refusals.map((english, i) =>
      decodeText({ english, local: localRefusals[i] ?? english }),
    ),
    requests: requests.map(({ quick, receivedAt, expiresAt, ...request }) => ({
      ...request,
      receivedAt: new Date(receivedAt),
      expiresAt: new Date(expiresAt),
      isQuick: quick,
    })),
  };
}

/** The result of denying several requests, as the protocol writes it. */
interface DenialsJson {
  readonly denied: readonly string[];
  /** Absent in replies of older agents. */
  readonly failures?: readonly (ErrorJson & { readonly token: string })[];
}

/** Encodes the result of denying several requests. */
export function encodeDenials({ denied, failures }: Denials): DenialsJson {
  return {
    denied,
    failures: failures.map(({ token, error }) => ({ token, ...encodeError(error) })),
  };
}

/** Reverses {@link encodeDenials}. */
export function decodeDenials(json: unknown): Denials {
  const { denied, failures = [] } = json as DenialsJson;
  return {
    denied,
    failures: failures.map(({ token, ...error }) => ({
      token,
      error: decodeError(error) ?? strangeAnswer(),
    })),
  };
}

/** The result of an answer, as the protocol writes it; texts as in {@link PushPollJson}. */
interface PushOutcomeJson {
  readonly accepted: boolean;
  readonly displayCode: string | null;
  readonly message: string | null;
  readonly localMessage?: string;
}

/** Encodes the result of an answer. */
export function encodeOutcome({ isAccepted, displayCode, message }: PushOutcome): PushOutcomeJson {
  const text = message === undefined ? null : encodeText(message);
  return {
    accepted: isAccepted,
    displayCode: displayCode ?? null,
    message: text?.english ?? null,
    ...(text?.local === undefined ? {} : { localMessage: text.local }),
  };
}

/** Reverses {@link encodeOutcome}. */
export function decodeOutcome(json: unknown): PushOutcome {
  const { accepted, displayCode, message, localMessage } = json as PushOutcomeJson;
  return {
    isAccepted: accepted,
    ...(displayCode === null ? {} : { displayCode }),
    ...(message === null
      ? {}
      : { message: decodeText({ english: message, local: localMessage ?? message }) }),
  };
}

/** Decodes a remembered request. */
export function decodeMemory({
  receivedAt,
  answer,
  choice,
  accepted,
  ...rest
}: PushMemoryJson): PushMemory {
  const given: PushAnswer | null =
    answer === "approved"
      ? { kind: "approve", choice }
      : answer && { kind: "deny", isReport: answer === "reported" };
  return { ...rest, receivedAt: new Date(receivedAt), answer: given, isAccepted: accepted };
}
