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
  return escapeControls(JSON.stringify(withPlainCounters(value), null, indentation));
}

/** A replacer of JSON.stringify would do the same, and make ten thousand tokens take four times as long. */
function withPlainCounters(value: unknown): unknown {
  if (typeof value === "bigint") return counterJson(value);
  if (Array.isArray(value)) return value.map(withPlainCounters);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const parts = Object.values(value);
  if (!parts.some(isComposed)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withPlainCounters(part)]));
}

/** Whether it is a counter, or may hold one. */
function isComposed(value: unknown): boolean {
  return typeof value === "bigint" || (typeof value === "object" && value !== null && !(value instanceof Date));
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
