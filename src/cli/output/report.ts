import type { FobError } from "#base/fob-error.ts";
import { printable } from "#token/printable.ts";
import { jsonLine, noteLine } from "./json.ts";

/**
 * The two lines, or the JSON object, that tell a person or a script what went wrong. Never a
 * secret, never a control character. `trace` says where, for whoever asked for that.
 */
export function formatError(error: FobError, json: boolean, trace = ""): string {
  const { code, message, hint } = error;
  if (json)
    return `${jsonLine({ error: { code, message, hint: hint || undefined, trace: trace || undefined } })}\n`;
  const hints = hint ? `hint: ${printable(hint)}\n` : "";
  return `fob: ${printable(message)}\n${hints}${trace === "" ? "" : `${trace}\n`}`;
}

/**
 * What went wrong with some of several things: a line for each, then every hint once; or a JSON
 * object for each.
 */
export function formatFailures(failures: readonly FobError[], json: boolean): string {
  if (json) return failures.map((failure) => formatError(failure, true)).join("");
  const hints = new Set(failures.flatMap(({ hint }) => (hint ? [hint] : [])));
  const lines = failures.map(({ message }) => `fob: ${printable(message)}\n`);
  return [...lines, ...[...hints].map((hint) => `hint: ${printable(hint)}\n`)].join("");
}

/** A remark on standard error: a line for a person, a JSON object for a script. */
export function formatNote(text: string, json: boolean): string {
  return `${json ? noteLine(text) : printable(text)}\n`;
}
