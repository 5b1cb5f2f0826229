import { createHash } from "node:crypto";
import type { PushAnswer } from "#token/push-answer.ts";

/**
 * A login request of a server, with a verified signature. Its texts are not safe for a terminal:
 * use `printable()`.
 */
export interface PushRequest {
  /** The same in every process: see {@link requestId}. */
  readonly id: string;
  readonly tokenId: string;
  /** The token's name. */
  readonly token: string;
  readonly title: string;
  readonly question: string;
  /** The server's host name, with its port unless it is the default. */
  readonly server: string;
  /** When any process first saw it. */
  readonly receivedAt: Date;
  /** It is not answered after this time. */
  readonly expiresAt: Date;
  /**
   * The options for number matching: the login page shows the right one. Empty without number
   * matching.
   */
  readonly options: readonly string[];
  /** Whether a notification's button may approve it. */
  readonly isQuick: boolean;
}

/** The server's reply to an answer. */
export interface PushOutcome {
  /**
   * Whether the server accepted it: not when the request has expired, was answered elsewhere, or
   * the choice is wrong.
   */
  readonly isAccepted: boolean;
  /** The code that the person must type at the login page, if any. */
  readonly displayCode?: string;
  /** A message of the server for the person. */
  readonly message?: string;
}

/**
 * Whether a request waits on after an answer: the chosen option was not accepted, and the person
 * can choose another one until it expires.
 */
export function waitsOn(answer: PushAnswer, { isAccepted }: PushOutcome): boolean {
  return !isAccepted && answer.kind === "approve" && answer.choice !== null;
}

/** A remembered request. */
export interface PushMemory {
  readonly id: string;
  readonly token: string;
  readonly title: string;
  readonly question: string;
  readonly server: string;
  readonly receivedAt: Date;
  /** Null when it was not answered here. */
  readonly answer: PushAnswer | null;
  /**
   * Whether the server accepted the answer; null when there is no answer, or its reply was lost.
   */
  readonly isAccepted: boolean | null;
}

/**
 * The id of a request: 12 hexadecimal digits, derived from the token's id and the server's nonce.
 */
export function requestId(tokenId: string, nonce: string): string {
  return createHash("sha256").update(`${tokenId}\0${nonce}`).digest("hex").slice(0, 12);
}
