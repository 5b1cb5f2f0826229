import type { FobError } from "../fob-error.ts";
import { printable } from "../token/printable.ts";

/** The two lines, or the JSON object, that tell a person or a script what went wrong. Never a secret, never a control character. */
export function formatError(error: FobError, json: boolean): string {
  const { code, message, hint } = error;
  if (json) return `${escapeControls(JSON.stringify({ error: { code, message, ...(hint ? { hint } : {}) } }))}\n`;
  return `fob: ${printable(message)}\n${hint ? `hint: ${printable(hint)}\n` : ""}`;
}

/**
 * A result as JSON text: dates in ISO 8601, counters as numbers while they are exact and as strings beyond; indented, or in one line where
 * more follow. Undefined is no text.
 */
export function formatJson(value: unknown, indentation = 2): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? counterJson(part) : part), indentation);
  return escapeControls(text);
}

function counterJson(counter: bigint): number | string {
  return counter <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(counter) : counter.toString();
}

/** JSON leaves C1 and bidirectional controls as they are; a terminal would act on them. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
