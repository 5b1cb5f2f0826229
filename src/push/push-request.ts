import { createHash } from "node:crypto";
import type { PushAnswer } from "#token/push-answer.ts";

/**
 * A login that a server asks about, after its signature was checked. Nothing in the texts is safe
 * for a terminal: `printable()` them.
 */
export interface PushRequest {
  /** The same in every process: {@link requestId}. */
  readonly id: string;
  readonly tokenId: string;
  /** The token's name. */
  readonly token: string;
  readonly title: string;
  readonly question: string;
  /** The server's name, and its port if it is an unusual one. */
  readonly server: string;
  /** When it was first seen here, by any process. */
  readonly receivedAt: Date;
  /** From when on it is not answered any more. */
  readonly expiresAt: Date;
  /**
   * What to choose from (number matching): the login page shows the right one. Empty where nothing
   * is to be chosen.
   */
  readonly options: readonly string[];
  /** Whether a notification's button may approve it. */
  readonly isQuick: boolean;
}

/** What came of an answer that was sent. */
export interface PushOutcome {
  /**
   * Whether the server took it: it does not when the request has expired, was answered elsewhere,
   * or the choice is wrong.
   */
  readonly isAccepted: boolean;
  /** What the person must type at the login page; absent where that is nothing. */
  readonly displayCode?: string;
  /** What the server wants to be told with it. */
  readonly message?: string;
}

/** A request as it is remembered. */
export interface PushMemory {
  readonly id: string;
  readonly token: string;
  readonly title: string;
  readonly question: string;
  readonly server: string;
  readonly receivedAt: Date;
  /** Null when nobody answered it here. */
  readonly answer: PushAnswer | null;
  /**
   * Whether the server took the answer; null when that is not known, because there is none or it
   * was cut off on the way.
   */
  readonly isAccepted: boolean | null;
}

/** 12 hexadecimal digits that name a request of a token by the server's nonce for it. */
export function requestId(tokenId: string, nonce: string): string {
  return createHash("sha256").update(`${tokenId}\0${nonce}`).digest("hex").slice(0, 12);
}
