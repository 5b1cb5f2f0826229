/**
 * A question that a pinentry shows in a window of its own. The texts are plain and safe to show.
 */
export interface PinentryQuestion {
  readonly title: string;
  readonly description: string;
  /** How long the person may take, in seconds; two minutes without it. */
  readonly patience?: number;
}

/** A question for a secret; `prompt` stands before the field. */
export interface PinentrySecret extends PinentryQuestion {
  readonly prompt: string;
}

/** A question that is answered with one of two buttons. */
export interface PinentryChoice extends PinentryQuestion {
  readonly yes: string;
  readonly no: string;
}

/**
 * The program with which a person types PINs where no terminal is. It throws FobError `denied` when
 * the person cancels, `locked` when nobody answers, `unavailable` when it cannot be used, and
 * `interrupted` when `signal` aborts.
 */
export interface Pinentry {
  /** What the person types. */
  secret(question: PinentrySecret, signal?: AbortSignal): Promise<string>;
  /** Whether the person chose yes. */
  confirm(question: PinentryChoice, signal?: AbortSignal): Promise<boolean>;
}
