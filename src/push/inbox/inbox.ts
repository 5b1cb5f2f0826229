import type { FobError } from "#base/fob-error.ts";
import type { PushMemory, PushOutcome, PushRequest } from "#push/push-request.ts";
import type { PushToken } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** A token that can receive login requests. */
export interface InboxToken {
  readonly token: PushToken;
  /** Whether the token's own PIN is needed: to open it, and again for each approval. */
  readonly isGuarded: boolean;
}

/** The result of a poll for one token. */
export interface PolledRequests {
  /** The open requests, the newest first. */
  readonly requests: readonly PushRequest[];
  /** Why requests were dropped, one line each, safe for a terminal. */
  readonly refusals: readonly string[];
  /** Why the server fails although it answers: its list holds what is no request. Null for none. */
  readonly garbage: string | null;
  /**
   * How far this machine's clock is ahead of the server's, in seconds; null when the server does
   * not send its time.
   */
  readonly clockOffsetSeconds: number | null;
}

/** The result of denying several requests. */
export interface Denials {
  /** The ids of the requests whose denial the server accepted. */
  readonly denied: readonly string[];
  /** The tokens with requests that were not denied, and the errors. */
  readonly failures: readonly DenialFailure[];
}

/** Why not all requests of a token were denied. */
export interface DenialFailure {
  /** The token's name. */
  readonly token: string;
  readonly error: FobError;
}

/**
 * The login requests of a vault or grant in this process, or of an agent. It keeps the keys of
 * guarded tokens from `open` to `close`.
 */
export interface PushInbox {
  /** The label of the grant; null for a vault. */
  readonly grantLabel: string | null;

  /** The tokens whose servers can be polled, in list order. */
  tokens(): Promise<readonly InboxToken[]>;

  /**
   * Opens a token for polling; asks for its PIN if it has one. Throws FobError `denied` or `locked`
   * because of its access domain or PIN.
   */
  open(tokenId: string, prompt: PinPrompt): Promise<void>;

  /**
   * Polls the server for a token's requests, without answered and expired ones. Throws FobError
   * `unavailable`; `rejected` when the server refuses; `locked` for a guarded token that is not
   * open; `denied` by its access domain; `interrupted` when the signal aborts.
   */
  poll(tokenId: string, signal?: AbortSignal): Promise<PolledRequests>;

  /**
   * Answers a request. The answer is recorded durably before it is sent: after that no process can
   * send a different one, and the same one can be sent again when its reply was lost. Approving
   * with a guarded token asks for its PIN. Throws FobError `not-found` for a request that is not
   * open, `rejected` when it was answered differently, `usage` for a missing or wrong choice, and
   * what {@link open} and {@link poll} throw.
   */
  answer(requestId: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome>;

  /**
   * Denies several polled requests; skips those that were answered differently or have gone. An
   * error for one token does not stop the others.
   */
  denyAll(requestIds: readonly string[], isReport: boolean): Promise<Denials>;

  /** The remembered requests of a token, the newest first, at most 20. */
  history(tokenId: string): Promise<readonly PushMemory[]>;

  /** Wipes the keys. */
  close(): void;
}
