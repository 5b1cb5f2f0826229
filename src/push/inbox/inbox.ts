import type { FobError } from "#base/fob-error.ts";
import type { PushMemory, PushOutcome, PushRequest } from "#push/push-request.ts";
import type { PushToken } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** A token that login requests can come for. */
export interface InboxToken {
  readonly token: PushToken;
  /** Whether its own PIN is needed: to begin with, and again for every approval. */
  readonly isGuarded: boolean;
}

/** What a server said when it was asked for a token's requests. */
export interface PolledRequests {
  /** Those that wait for an answer, the newest first. */
  readonly requests: readonly PushRequest[];
  /** What was dropped and why, one line each, safe for a terminal. */
  readonly refusals: readonly string[];
  /**
   * How far this machine's clock is ahead of the server's, to the second; null where the server
   * does not tell.
   */
  readonly clockOffsetSeconds: number | null;
}

/** What came of denying several requests. */
export interface Denials {
  /** The ids of the requests whose denial the server took. */
  readonly denied: readonly string[];
  /**
   * The tokens that were left with requests that their server did not hear the denial of, and why.
   */
  readonly failures: readonly DenialFailure[];
}

/** Why not all requests of a token were denied. */
export interface DenialFailure {
  /** The token's name. */
  readonly token: string;
  readonly error: FobError;
}

/**
 * Where login requests come in and are answered, for a vault or grant in this process, or an agent
 * that holds the vault. It has a life: keys of guarded tokens are kept from `open` to `close`.
 */
export interface PushInbox {
  /** What the grant is called that opens these tokens; null for those of a vault. */
  readonly grantLabel: string | null;

  /** The tokens whose server can be asked, in list order. */
  tokens(): Promise<readonly InboxToken[]>;

  /**
   * Makes a token ready to be polled; asks for its PIN where it has one. Throws FobError `denied`
   * or `locked` by its access domain or PIN.
   */
  open(tokenId: string, prompt: PinPrompt): Promise<void>;

  /**
   * Asks the server for a token's requests; those answered or expired are left out. Throws FobError
   * `unavailable`, `rejected` when the server refuses, `locked` for a guarded token that was not
   * opened, `denied` by its access domain, `interrupted` when the signal ended it.
   */
  poll(tokenId: string, signal?: AbortSignal): Promise<PolledRequests>;

  /**
   * Answers a request. The answer is claimed durably before it is sent: after that no process can
   * give another one, and the same one can be sent again where it is not known whether it arrived.
   * Approving with a guarded token asks for its PIN. Throws FobError `not-found` for a request that
   * does not wait (any more), `rejected` when it was answered otherwise, `usage` for a choice that
   * is not offered or is missing, and what {@link open} and {@link poll} throw.
   */
  answer(requestId: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome>;

  /**
   * Denies requests that were polled before, many at once; one that is answered otherwise, or went
   * meanwhile, is passed over. What fails for one token keeps no other from being denied.
   */
  denyAll(requestIds: readonly string[], isReport: boolean): Promise<Denials>;

  /** What is remembered of a token's requests, the newest first, at most 20. */
  history(tokenId: string): Promise<readonly PushMemory[]>;

  /** Forgets the keys that it keeps. */
  close(): void;
}
