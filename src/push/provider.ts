import type { HttpClient } from "#base/http-client.ts";
import type { ParsedOnline } from "#token/draft/parsed-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PushCredentialOf, PushProtocol } from "#token/push-credential.ts";
import type { Secret } from "#token/secret.ts";
import type { PushOutcome } from "./push-request.ts";
import type { PushTokenOf } from "./push-token.ts";

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
  /** What else the protocol needs for the answer; only the provider reads it. */
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

/** A token's connection to its server, with the key that signs for it. */
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

/** How a server is polled for login requests. */
export interface PushProvider<P extends PushProtocol = PushProtocol> {
  /**
   * Makes a token's connection of its secret, which the caller may forget afterwards. Throws
   * FobError `invalid` for a secret that is none of its kind.
   */
  open(token: PushTokenOf<P>, secret: Secret): ServerConnection;
}

/** What answers are computed with, as `fob show` prints it. */
export interface AnswerMethod {
  readonly algorithm: string;
  /** Null where answers are signatures, as for the alphabet. */
  readonly digits: number | null;
  readonly alphabet: string | null;
  /** The OCRA suite, where there is one. */
  readonly suite?: string;
}

/** How a token is enrolled: the form of the strings that name its server. */
export interface PushEnrollment {
  /** Stored with the token as its format; stable, kebab-case. */
  readonly id: string;
  /** An example, for the message that lists what is known. */
  readonly example: string;
  /** Whether the text has this form, right or wrong. */
  matches(text: string): boolean;
  /** Throws FobError `unavailable`, because only its server makes a token, or `invalid`. */
  parse(text: string): never;
  /** What the text says; nothing is sent. Throws FobError `invalid`. */
  parseOnline(text: string): ParsedOnline;
}

/** What is particular to a protocol of login requests. */
export interface ProtocolDefinition<P extends PushProtocol> {
  readonly enrollment: PushEnrollment;
  /** Null where the person scans each request. */
  readonly provider: PushProvider<P> | null;
  answerMethod(credential: PushCredentialOf<P>): AnswerMethod;
}
