import type { HttpClient } from "#base/http-client.ts";
import type { ParsedOnline } from "#token/draft/parsed-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PushProtocol } from "#token/push-credential.ts";
import type { Secret } from "#token/secret.ts";
import type { PushOutcome } from "./push-request.ts";
import type { PushTokenOf } from "./push-token.ts";

/** The services that connections to servers need. */
export interface PushServices {
  readonly http: HttpClient;
  now(): Date;
}

/** A login request of a server, verified. */
export interface PushChallenge {
  /** Unique among the requests of the token. */
  readonly nonce: string;
  readonly title: string;
  readonly question: string;
  /** {@link PushRequest.options} */
  readonly options: readonly string[];
  /** How many seconds after it was first seen it can be answered. */
  readonly lifetime: number;
  /** Further data of the protocol for the answer; only the provider reads it. */
  readonly data: unknown;
}

/** The server's reply to a poll. */
export interface PolledChallenges {
  /** Open requests, the newest last. */
  readonly challenges: readonly PushChallenge[];
  /**
   * Why requests were dropped, one line each, safe for a terminal: for example bad signatures or
   * another token's requests.
   */
  readonly refusals: readonly string[];
  /**
   * What is wrong with a list that holds what is no request, safe for a terminal; null for a list
   * of requests alone.
   */
  readonly garbage: string | null;
  /**
   * How far this machine's clock is ahead of the server's, in seconds; null when the server does
   * not send its time.
   */
  readonly clockOffsetSeconds: number | null;
}

/** A token's connection to its server, with its signing key. */
export interface ServerConnection {
  /**
   * Polls for open requests. Rejects with FobError `unavailable`, or `rejected` when the server
   * refuses this token.
   */
  poll(services: PushServices, signal?: AbortSignal): Promise<PolledChallenges>;

  /**
   * Sends an answer, once. Rejects as {@link poll} does; even then the server may have received it.
   */
  answer(
    challenge: PushChallenge,
    answer: PushAnswer,
    services: PushServices,
  ): Promise<PushOutcome>;
}

/** Opens connections to servers that are polled. */
export interface PushProvider<P extends PushProtocol = PushProtocol> {
  /**
   * Opens a token's connection with its secret, which the caller may wipe afterwards. Throws
   * FobError `invalid` for a malformed secret.
   */
  open(token: PushTokenOf<P>, secret: Secret): ServerConnection;
}

/** The enrollment of a protocol: the form of the strings that name its server. */
export interface PushEnrollment {
  /** Stored with the token as its format; stable, kebab-case. */
  readonly id: string;
  /** An example for the message that lists the known formats. */
  readonly example: string;
  /** Whether the text has this form, valid or not. */
  matches(text: string): boolean;
  /** Parses the text, without a request to the server. Throws FobError `invalid`. */
  parseOnline(text: string): ParsedOnline;
}

/** The parts that differ between protocols of login requests. */
export interface ProtocolDefinition<P extends PushProtocol> {
  readonly enrollment: PushEnrollment;
  /** Null when the person scans each request. */
  readonly provider: PushProvider<P> | null;
}
