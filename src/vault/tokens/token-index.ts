import { isAscii } from "node:buffer";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  decodeRow,
  decodeShared,
  encodeRow,
  encodeShared,
  TOKEN_VERSION,
  type TokenRow,
} from "#token/codec.ts";
import { inListOrder } from "#token/list-order.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { Token } from "#token/token.ts";

/**
 * A token as the index stores it: the fields that do not change when the token is used, so that a
 * use rewrites one file. The counter of an event-based token is therefore not current here.
 */
export type IndexEntry = Token;

/**
 * Whether the record of such a token may hold newer state than the index: a counter, or that its
 * secret was wiped after too many wrong PINs.
 */
export function hasNews({ credential, pin }: Pick<Token, "credential" | "pin">): boolean {
  return pin === "user" || isCounting({ credential });
}

/** Whether such a token has a counter that advances with every use. */
export function isCounting({ credential }: Pick<Token, "credential">): boolean {
  return "counter" in credential && credential.counter !== null;
}

/** The index as JSON data. */
interface IndexJson {
  /** The version of rows and kinds; absent in files of version 0. */
  readonly version?: number;
  /** The fields that many tokens share. */
  readonly kinds: readonly object[];
  readonly tokens: readonly TokenRow[];
}

const NEWLINE = 0x0a;

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const NAMES = new RegExp(String.raw`^\[\d+,${STRING},(${STRING})`, "gm");

/** What precedes an id in a line, and what precedes a name. */
const BEFORE_ID = /^\[\d+,$/;
const BEFORE_NAME = /^\[\d+,"[0-9a-f]{16}",$/;

/**
 * The index as bytes: JSON with one entry a line, so that a name can be found without parsing the
 * rest.
 */
export function encodeIndex(entries: readonly IndexEntry[]): Buffer {
  const numbers = new Map<string, number>();
  const lines = inListOrder(entries).map((entry) => {
    const kind = encodeShared(entry);
    const number = numbers.get(kind) ?? numbers.size;
    numbers.set(kind, number);
    return JSON.stringify(encodeRow(entry, number));
  });
  const head = `"version":${TOKEN_VERSION},"kinds":[${[...numbers.keys()].join(",")}]`;
  return Buffer.from(`{${head},"tokens":[\n${lines.join(",\n")}\n]}`);
}

/**
 * Reverses {@link encodeIndex}: the entries in list order. Throws FobError `invalid` for an index
 * of another version of fob, also one that holds more than this version knows.
 */
export function decodeIndex(value: Buffer | null): IndexEntry[] {
  return value === null ? [] : decodeJson(value.toString());
}

/** The names alone, in order, without parsing the rest. */
export function namesIn(value: Buffer | null): string[] {
  const found = value?.toString().matchAll(NAMES) ?? [];
  return Array.from(found, ([, name = '""']) => JSON.parse(name));
}

/**
 * The entry with exactly this id or exactly this name, or null. The time hardly grows with the
 * number of tokens. A match is always a whole value: inside a JSON string the quotes around `query`
 * would be escaped.
 */
export function findExactly(value: Buffer, query: string): IndexEntry | null {
  const line = lineWith(value, query, BEFORE_ID) ?? lineWith(value, query, BEFORE_NAME);
  if (line === null) return null;
  return decodeLines(value, [line])[0] ?? null;
}

/**
 * The entries that `query` can mean by the rules of {@link import("#token/names.ts").matchName}, in
 * list order, and perhaps others. Decodes only lines that have the text of the query, which is
 * several times as fast in a large index.
 */
export function entriesLike(value: Buffer | null, query: string): IndexEntry[] {
  const needle = needleOf(query);
  if (value === null || needle === null || !value.includes(NEWLINE)) return decodeIndex(value);
  // a character for each byte: positions are the same in all of them
  const text = value.toString("latin1");
  const starts = [...linesWith(text, needle, isAscii(value))].sort((one, other) => one - other);
  return decodeLines(
    value,
    starts.map((start) => value.toString("utf8", start, text.indexOf("\n", start))),
  );
}

/**
 * The longest part of a query that must stand in the line of each token that it means, in lower
 * case; null where there is none, or other characters than those of ASCII could stand for it. A
 * colon may stand between two fields.
 */
function needleOf(query: string): string | null {
  if (!/^[ !#-[\]-~]+$/.test(query)) return null;
  const [longest = ""] = query.split(":").sort((one, other) => other.length - one.length);
  return longest === "" ? null : longest.toLowerCase();
}

/**
 * Where the lines of tokens begin that have this text in any letter case, or letters beyond ASCII,
 * unless the text `isPlain`.
 */
function linesWith(text: string, needle: string, isPlain: boolean): Set<number> {
  const starts = new Set<number>();
  const head = text.indexOf("\n");
  const add = (at: number) => {
    const start = text.lastIndexOf("\n", at) + 1;
    if (start > head && text[start] === "[") starts.add(start);
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  };
  const lower = text.toLowerCase();
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, at)) at = add(at);
  if (isPlain) return starts;
  // letters such as the sign of Kelvin have lower cases of ASCII
  for (const { index } of text.matchAll(/[\x80-\xff]+/g)) add(index);
  return starts;
}

/**
 * The line that has `text` as a JSON string right after a match of `before`; null where there is
 * none.
 */
function lineWith(value: Buffer, text: string, before: RegExp): string | null {
  const needle = Buffer.from(`${JSON.stringify(text)},`);
  for (let at = value.indexOf(needle); at >= 0; at = value.indexOf(needle, at + 1)) {
    const start = value.lastIndexOf(NEWLINE, at) + 1;
    if (!before.test(value.toString("latin1", start, at))) continue;
    const end = value.indexOf(NEWLINE, at);
    return value.toString("utf8", start, end < 0 ? value.length : end);
  }
  return null;
}

/** The entries of some lines of an index, which may end in a comma. */
function decodeLines(value: Buffer, lines: readonly string[]): IndexEntry[] {
  const head = value.toString("utf8", 0, value.indexOf(NEWLINE));
  return decodeJson(`${head}${lines.map((line) => line.replace(/,$/, "")).join(",")}]}`);
}

function decodeJson(json: string): IndexEntry[] {
  const { version = 0, kinds, tokens } = JSON.parse(json) as Partial<IndexJson>;
  if (version > TOKEN_VERSION) refuseIndex();
  if (!kinds || !tokens) {
    throw new FobError("invalid", t("the index of the tokens is of another version of fob"), {
      hint: t("`fob doctor --repair` makes it anew from the tokens"),
    });
  }
  const decoded = kinds.map((kind) => decodeShared(kind) ?? refuseIndex());
  return tokens.map((row) => {
    const kind = decoded[row[0]];
    if (!kind) throw new Error(`the index has no kind ${row[0]}`);
    return decodeRow(row, kind) ?? refuseIndex();
  });
}

function refuseIndex(): never {
  throw writtenByNewer(t("the index of the tokens"));
}
