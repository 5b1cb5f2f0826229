/** The stable error names of the command-line contract; each has one exit code. */
export type ErrorCode =
  | "internal"
  | "usage"
  | "not-found"
  | "ambiguous"
  | "denied"
  | "locked"
  | "invalid"
  | "rejected"
  | "unavailable"
  | "interrupted";

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  internal: 1,
  usage: 2,
  "not-found": 3,
  ambiguous: 3,
  denied: 4,
  locked: 5,
  invalid: 6,
  rejected: 7,
  unavailable: 8,
  interrupted: 130,
};

/**
 * A failure with a known cause. `message` is one lower-case line for people, without secrets;
 * `hint` says what to do about it where there is something to do. Thrown where the cause is known,
 * caught once, at the top.
 */
export class FobError extends Error {
  override readonly name = "FobError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** The process exit code of this error (docs: exit codes). */
  readonly exitCode: number;
  /**
   * Whether what failed was done all the same, so that nobody must do it a second time: a counter
   * that has moved on, say.
   */
  readonly isDone: boolean;

  /** `exitCode` is for the convention of others: a program that cannot be started. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; exitCode?: number; isDone?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.isDone = options.isDone ?? false;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? EXIT_CODES[code];
  }
}

/** The names of all errors. */
export const ERROR_CODES = Object.keys(EXIT_CODES) as ErrorCode[];

/** Whether a text is one of the stable error names. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(EXIT_CODES, text);
}
