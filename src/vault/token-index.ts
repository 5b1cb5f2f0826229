import { decodeToken, encodeToken, type Token, type TokenJson } from "../token/token.ts";

/**
 * A token as the index knows it: all that does not change when it is used, so that using it rewrites one file. An event-based
 * token's counter is therefore not current here.
 */
export type IndexEntry = Token;

const NEWLINE = 0x0a;

/** The index as bytes: a JSON array with one object a line, id and name first, so that a name can be found without parsing the rest. */
export function encodeIndex(entries: readonly IndexEntry[]): Buffer {
  return Buffer.from(`[\n${entries.map(encodeEntry).join(",\n")}\n]`);
}

/** Reverses {@link encodeIndex}. */
export function decodeIndex(value: Buffer | null): IndexEntry[] {
  if (value === null) return [];
  return (JSON.parse(value.toString()) as TokenJson[]).map(decodeToken);
}

/** The names alone, in order, without parsing the rest. */
export function namesIn(value: Buffer | null): string[] {
  const found = value?.toString().matchAll(/^\{"id":"[^"]*","name":("(?:[^"\\]|\\.)*")/gm) ?? [];
  return Array.from(found, ([, name = '""']) => JSON.parse(name));
}

/**
 * The entry with exactly this id or exactly this name, or null, in a time that hardly grows with the number of tokens:
 * inside a JSON string the quotes of the needle would be escaped, so that it can only match a whole value.
 */
export function findExactly(value: Buffer, query: string): IndexEntry | null {
  for (const key of ["id", "name"]) {
    const at = value.indexOf(`"${key}":${JSON.stringify(query)},`);
    if (at >= 0) return decodeToken(JSON.parse(lineAround(value, at).replace(/,$/, "")));
  }
  return null;
}

/** In JSON a newline is never part of a value. */
function lineAround(value: Buffer, at: number): string {
  const start = value.lastIndexOf(NEWLINE, at) + 1;
  const end = value.indexOf(NEWLINE, at);
  return value.toString("utf8", start, end < 0 ? value.length : end);
}

function encodeEntry(entry: IndexEntry): string {
  const { id, name, ...rest } = encodeToken(entry);
  return JSON.stringify({ id, name, ...rest });
}
