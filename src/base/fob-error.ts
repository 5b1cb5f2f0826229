/**
 * The stable error names of the command-line contract, with the process exit code of each. A test
 * compares them with the tables in docs/scripts.md and docs/json.md.
 */
export const EXIT_CODES = {
  /** A bug, or a failure that was not foreseen. */
  internal: 1,
  /** An unknown command or option, or a bad argument. */
  usage: 2,
  /** No token, request or file has this name. */
  "not-found": 3,
  /** Several tokens fit this name. */
  ambiguous: 3,
  /**
   * A wrong PIN, a fingerprint or face that was refused, a grant or access domain that forbids it.
   */
  denied: 4,
  /** A PIN or an answer is needed and cannot be asked for, or too many PINs were wrong. */
  locked: 5,
  /** An enrollment string, picture, challenge, file or vault that is malformed or damaged. */
  invalid: 6,
  /** A server said no, or a passcode does not match. */
  rejected: 7,
  /** The keychain, network, clipboard, sensor, agent or disk cannot be reached or used. */
  unavailable: 8,
  /** A signal, Ctrl-C, or a question that was answered with no. */
  interrupted: 130,
} as const satisfies Readonly<Record<string, number>>;

/** One of the stable error names. */
export type ErrorCode = keyof typeof EXIT_CODES;

/** The optional parts of an error. */
interface ErrorOptions {
  /** What to do about it: one line for people. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Replaces the exit code of `code`, for the conventions of other programs (126, 127). */
  readonly exitCode?: number;
  readonly isDone?: boolean;
  readonly isSilent?: boolean;
}

/**
 * A failure with a known cause. `message` is one lower-case line for people, without secrets;
 * `hint` says what to do about it. It is thrown where the cause is known and caught in one place,
 * at the top.
 */
export class FobError extends Error {
  override readonly name = "FobError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The process exit code of this error. */
  readonly exitCode: number;
  /**
   * Whether the work was done although something failed, for example a counter was increased. The
   * caller must not repeat it.
   */
  readonly isDone: boolean;
  /** Whether no message is shown, because the person stopped the work themselves. */
  readonly isSilent: boolean;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.isDone = options.isDone ?? false;
    this.isSilent = options.isSilent ?? false;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT_CODES[code];
  }
}

/**
 * The error for work that a person has stopped, for example with Ctrl-C. No message is shown for
 * it.
 */
export function stoppedByPerson(cause?: unknown): FobError {
  return new FobError("interrupted", "interrupted", { isSilent: true, cause });
}

/** The names of all errors. */
export const ERROR_CODES = Object.keys(EXIT_CODES) as ErrorCode[];

/** Whether a text is one of the stable error names. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(EXIT_CODES, text);
}
