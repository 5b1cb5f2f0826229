/** Text that stands in JSON as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** How many characters of a list make a piece. */
const PIECE_LENGTH = 32 * 1024;

/**
 * A result as JSON text with a newline at its end, in pieces: dates in ISO 8601, counters as
 * numbers while they are exact and as strings beyond. What can be iterated is a list, with one
 * element a line, so that `grep` finds whole ones; anything else is indented. Undefined is no text.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  if (value === undefined) return;
  if (isList(value)) yield* listPieces(lines(value));
  else yield `${toJson(value, 2)}\n`;
}

/** {@link jsonPieces} in one line and without a newline, because more follow. */
export function jsonLine(value: unknown): string {
  // JSON.stringify would say the same of both, ten times as slowly
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  return value instanceof Date ? `"${value.toISOString()}"` : toJson(value, 0);
}

/** A remark as `--json` has it on standard error, without a newline. */
export function noteLine(message: string): string {
  return jsonLine({ note: { message } });
}

/**
 * {@link jsonPieces} of a list whose elements are JSON text. Each is asked for when it is written:
 * memory is what a long list costs most.
 */
export function* listPieces(elements: Iterable<string>): Generator<string> {
  let piece = "";
  let before = "[\n  ";
  for (const element of elements) {
    piece += `${before}${element}`;
    before = ",\n  ";
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  yield before.startsWith("[") ? "[]\n" : `${piece}\n]\n`;
}

function* lines(list: Iterable<unknown>): Generator<string> {
  for (const element of list) yield jsonLine(element);
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function toJson(value: unknown, indentation: number): string {
  return escapeControls(JSON.stringify(withPlainCounters(value), null, indentation));
}

/**
 * A replacer of JSON.stringify would do the same, and make ten thousand tokens take four times as
 * long.
 */
function withPlainCounters(value: unknown): unknown {
  if (typeof value === "bigint")
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  if (Array.isArray(value)) return value.map(withPlainCounters);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (!mayHoldCounters(value as Record<string, unknown>)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withPlainCounters(part)]),
  );
}

function mayHoldCounters(value: Readonly<Record<string, unknown>>): boolean {
  for (const part of Object.values(value)) {
    if (typeof part === "bigint") return true;
    if (typeof part === "object" && part !== null && !(part instanceof Date)) return true;
  }
  return false;
}

/**
 * JSON text whose strings have no DEL, C1 and bidirectional controls as they are; a terminal would
 * act on them.
 */
export function escapeControls(json: string): string {
  // nearly all text has ASCII characters only, which is quickly seen
  if (Buffer.byteLength(json) === json.length && !json.includes("\u007f")) return json;
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
