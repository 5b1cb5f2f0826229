import type { FobError } from "../fob-error.ts";
import { printable } from "../token/printable.ts";
import { jsonLine } from "./json.ts";

/** The two lines, or the JSON object, that tell a person or a script what went wrong. Never a secret, never a control character. */
export function formatError(error: FobError, json: boolean): string {
  const { code, message, hint } = error;
  if (json) return `${jsonLine({ error: { code, message, hint: hint || undefined } })}\n`;
  return `fob: ${printable(message)}\n${hint ? `hint: ${printable(hint)}\n` : ""}`;
}
