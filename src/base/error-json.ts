import { EXIT_CODES, FobError, isErrorCode } from "./fob-error.ts";
import { original, toldBefore } from "./language.ts";

/**
 * A text that is sent to another process: in English, and also in the reader's language where that
 * is another one.
 */
export interface TextJson {
  readonly english: string;
  readonly local?: string;
}

/**
 * An error that is sent to another process. `message` and `hint` are English; `local` has them in
 * the reader's language, and is absent where that is English or unknown.
 */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** True where the work was done although something failed; else absent. */
  readonly isDone?: boolean;
  /** True where a person has stopped the work, and no message is shown; else absent. */
  readonly isSilent?: boolean;
  readonly local?: { readonly message: string; readonly hint: string | null };
  /** Present where it differs from the usual exit code of `code`. */
  readonly exitCode?: number;
}

/** A text that {@link t} made, with its English. This process must use the reader's language. */
export function encodeText(text: string): TextJson {
  const english = original(text);
  return text === english ? { english } : { english, local: text };
}

/** Reverses {@link encodeText}: the text for people. {@link original} finds its English. */
export function decodeText({ english, local }: TextJson): string {
  return local === undefined ? english : toldBefore(local, english);
}

/** An error as JSON data; see {@link ErrorJson}. */
export function encodeError({
  code,
  message,
  hint,
  isDone,
  isSilent,
  exitCode,
}: FobError): ErrorJson {
  const texts = { message, hint: hint ?? null };
  const english = { message: original(message), hint: original(hint) ?? null };
  const isLocal = texts.message !== english.message || texts.hint !== english.hint;
  return {
    code,
    ...english,
    ...(isDone ? { isDone } : {}),
    ...(isSilent ? { isSilent } : {}),
    ...(isLocal ? { local: texts } : {}),
    ...(exitCode === EXIT_CODES[code] ? {} : { exitCode }),
  };
}

/** Reverses {@link encodeError}. Null for JSON that is not an error of fob. */
export function decodeError(json: unknown): FobError | null {
  if (typeof json !== "object" || json === null) return null;
  const { code, message, hint, isDone, isSilent, local, exitCode } = json as Partial<ErrorJson>;
  if (typeof code !== "string" || !isErrorCode(code) || typeof message !== "string") return null;
  return new FobError(code, decodeText(textOf(message, local?.message)), {
    ...(typeof hint === "string" ? { hint: decodeText(textOf(hint, local?.hint)) } : {}),
    ...(typeof exitCode === "number" ? { exitCode } : {}),
    isDone: isDone === true,
    isSilent: isSilent === true,
  });
}

function textOf(english: string, local: unknown): TextJson {
  return typeof local === "string" ? { english, local } : { english };
}
