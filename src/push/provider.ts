import type { HttpClient } from "#base/http-client.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { Secret } from "#token/secret.ts";
import type { PushOutcome } from "./push-request.ts";
import type { PushToken } from "./push-token.ts";

/** What speaking with a server needs of its surroundings. */
export interface PushServices {
  readonly http: HttpClient;
  now(): Date;
}

/** A login request as its server sent it, after everything about it was checked. */
export interface PushChallenge {
  /** What tells it from every other request of the token. */
  readonly nonce: string;
  readonly title: string;
  readonly question: string;
  /** {@link PushRequest.options} */
  readonly options: readonly string[];
  /** For how many seconds it is answered after it was first seen. */
  readonly lifetime: number;
  /** What else the protocol needs for the answer; nobody else looks into it. */
  readonly data: unknown;
}

/** What a server says when it is asked for requests. */
export interface PolledChallenges {
  /** Open requests, the newest last. */
  readonly challenges: readonly PushChallenge[];
  /**
   * What was dropped and why, one line each, safe for a terminal: bad signatures, another token's
   * requests.
   */
  readonly refusals: readonly string[];
  /**
   * How far this machine's clock is ahead of the server's, to the second; null where the server
   * does not tell.
   */
  readonly clockOffsetSeconds: number | null;
}

/** One token's way to its server, with the key that signs for it. */
export interface ServerConnection {
  /**
   * The open requests. Rejects with FobError `unavailable`, or `rejected` when the server refuses
   * to talk with this token.
   */
  poll(services: PushServices, signal?: AbortSignal): Promise<PolledChallenges>;

  /**
   * Sends an answer, once. Rejects as {@link poll} does; then the server may have it all the same.
   */
  answer(
    challenge: PushChallenge,
    answer: PushAnswer,
    services: PushServices,
  ): Promise<PushOutcome>;
}

/** A protocol in which a server is asked for login requests. */
export interface PushProvider {
  /**
   * Makes a token's line of its secret, which the caller may forget afterwards. Throws FobError
   * `invalid` for a secret that is none of its kind.
   */
  open(token: PushToken, secret: Secret): ServerConnection;
}
