import type { FobError } from "#base/fob-error.ts";
import { printable } from "#token/printable.ts";
import { jsonLine, noteLine } from "./json.ts";

/**
 * Formats an error as two lines or a JSON object, without secrets and control characters. `trace`
 * is a stack trace.
 */
export function formatError(error: FobError, json: boolean, trace = ""): string {
  const { code, message, hint } = error;
  if (json)
    return `${jsonLine({ error: { code, message, hint: hint || undefined, trace: trace || undefined } })}\n`;
  const hints = hint ? `hint: ${printable(hint)}\n` : "";
  return `fob: ${printable(message)}\n${hints}${trace === "" ? "" : `${trace}\n`}`;
}

/** Formats several failures: a line for each, then every hint once; or a JSON object for each. */
export function formatFailures(failures: readonly FobError[], json: boolean): string {
  if (json) return failures.map((failure) => formatError(failure, true)).join("");
  const hints = new Set(failures.flatMap(({ hint }) => (hint ? [hint] : [])));
  const lines = failures.map(({ message }) => `fob: ${printable(message)}\n`);
  return [...lines, ...[...hints].map((hint) => `hint: ${printable(hint)}\n`)].join("");
}

/** Formats a remark for standard error: a line for a person, a JSON object for a script. */
export function formatNote(text: string, json: boolean): string {
  return `${json ? noteLine(text) : printable(text)}\n`;
}
