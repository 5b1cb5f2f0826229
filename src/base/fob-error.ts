/**
 * The stable error names of the command-line contract, and the process exit code of each. README.md
 * and docs/json.md have tables of them, which a test compares with this one.
 */
const EXIT_CODES = {
  /** A bug, or a failure that was not foreseen. */
  internal: 1,
  /** An unknown command or option, or a bad argument. */
  usage: 2,
  /** No token, request or file has this name. */
  "not-found": 3,
  /** Several tokens fit this name. */
  ambiguous: 3,
  /** A wrong PIN, a finger that was refused, a grant or an access domain that forbids it. */
  denied: 4,
  /**
   * A PIN or an answer is needed and there is nothing that gives it, or too many PINs were wrong.
   */
  locked: 5,
  /** An enrollment string, picture, challenge, file or vault that is not what it must be. */
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

/** What an error can have besides its code and message. */
interface ErrorOptions {
  /** What to do about it: one line for people. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Another exit code than the code's own: other programs have their conventions. */
  readonly exitCode?: number;
  readonly isDone?: boolean;
  readonly isSilent?: boolean;
}

/**
 * A failure with a known cause. `message` is one lower-case line for people, without secrets;
 * `hint` says what to do about it where there is something to do. Thrown where the cause is known,
 * caught once, at the top.
 */
export class FobError extends Error {
  override readonly name = "FobError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The process exit code of this error. */
  readonly exitCode: number;
  /**
   * Whether the work was done although something failed: a counter has moved on, say. It must not
   * be done a second time.
   */
  readonly isDone: boolean;
  /** Whether no message is shown: the person has stopped the work, and knows it. */
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

/** The error of work that a person has stopped, with Ctrl-C for example: it is not shown. */
export function stoppedByPerson(cause?: unknown): FobError {
  return new FobError("interrupted", "interrupted", { isSilent: true, cause });
}

/** The names of all errors. */
export const ERROR_CODES = Object.keys(EXIT_CODES) as ErrorCode[];

/** Whether a text is one of the stable error names. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(EXIT_CODES, text);
}
