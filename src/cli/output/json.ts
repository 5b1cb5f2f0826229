/** Text that needs no escapes in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The size of a piece of a list, in characters. */
const PIECE_LENGTH = 32 * 1024;

/**
 * Yields a result as JSON text with a newline at its end: dates in ISO 8601, counters as numbers up
 * to 2^53-1 and as strings beyond. An iterable becomes an array with one element a line, for
 * `grep`; any other value is indented. Undefined yields nothing.
 */
export function* jsonPieces(value: unknown): Generator<string> {
  if (value === undefined) return;
  if (isList(value)) yield* listPieces(lines(value));
  else yield `${toJson(value, 2)}\n`;
}

/** A value as JSON text on one line, without a newline at its end. */
export function jsonLine(value: unknown): string {
  // a shortcut: JSON.stringify gives the same text ten times as slowly
  if (typeof value === "string" && PLAIN.test(value)) return `"${value}"`;
  return value instanceof Date ? `"${value.toISOString()}"` : toJson(value, 0);
}

/** A remark on standard error in the form of `--json`, without a newline. */
export function noteLine(message: string): string {
  return jsonLine({ note: { message } });
}

/**
 * {@link jsonPieces} for an array of JSON texts. Each element is requested when it is written, to
 * save memory for long lists.
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
 * Replaces bigints. A replacer of JSON.stringify would make ten thousand tokens take four times as
 * long.
 */
function withPlainCounters(value: unknown): unknown {
  if (typeof value === "bigint")
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (!holdsCounter(value as Record<string, unknown>)) return value;
  if (Array.isArray(value)) return value.map(withPlainCounters);
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withPlainCounters(part)]),
  );
}

/** Whether there is a bigint in a value, at any depth: nothing else need be copied. */
function holdsCounter(value: Readonly<Record<string, unknown>>): boolean {
  for (const part of Object.values(value)) {
    if (typeof part === "bigint") return true;
    if (typeof part === "object" && part !== null && holdsCounter(part as typeof value))
      return true;
  }
  return false;
}

/** Escapes DEL, C1 and bidirectional controls in JSON text; a terminal would act on them. */
export function escapeControls(json: string): string {
  // a fast check: nearly all text is ASCII
  if (Buffer.byteLength(json) === json.length && !json.includes("\u007f")) return json;
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
