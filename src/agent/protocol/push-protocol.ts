import { retold } from "#base/language.ts";
import type { Denials, PolledRequests } from "#push/inbox/inbox.ts";
import type { PushMemory, PushOutcome } from "#push/push-request.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { decodeError, type ErrorJson, encodeError } from "./protocol.ts";

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
  readonly refusals: readonly string[];
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

/** Reverses what an agent makes of a poll. */
export function decodePoll(json: unknown): PolledRequests {
  const { requests, refusals, ...rest } = json as PushPollJson;
  return {
    ...rest,
    refusals: refusals.map(retold),
    requests: requests.map(({ quick, receivedAt, expiresAt, ...request }) => ({
      ...request,
      receivedAt: new Date(receivedAt),
      expiresAt: new Date(expiresAt),
      isQuick: quick,
    })),
  };
}

/** What came of denying several requests, as the protocol writes it. */
interface DenialsJson {
  readonly denied: readonly string[];
  /** Absent from agents that are older. */
  readonly failures?: readonly (ErrorJson & { readonly token: string })[];
}

/** What an agent makes of denials. */
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
    failures: failures.map(({ token, ...error }) => ({ token, error: decodeError(error) })),
  };
}

/** Reverses what an agent makes of an outcome. */
export function decodeOutcome(json: unknown): PushOutcome {
  const { accepted, displayCode, message } = json as {
    readonly accepted: boolean;
    readonly displayCode: string | null;
    readonly message: string | null;
  };
  return {
    isAccepted: accepted,
    ...(displayCode === null ? {} : { displayCode }),
    ...(message === null ? {} : { message: retold(message) }),
  };
}

/** Reverses what an agent makes of a remembered request. */
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
