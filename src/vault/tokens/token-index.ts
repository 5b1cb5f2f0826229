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
 * A token as the index knows it: all that does not change when it is used, so that using it
 * rewrites one file. An event-based token's counter is therefore not current here.
 */
export type IndexEntry = Token;

/**
 * Whether the records of such tokens may know what the index does not follow: a counter, or that
 * too many wrong PINs have wiped the secret.
 */
export function hasNews({ credential, pin }: Pick<Token, "credential" | "pin">): boolean {
  return pin === "user" || isCounting({ credential });
}

/** Whether such tokens have a counter that moves on with every use. */
export function isCounting({ credential }: Pick<Token, "credential">): boolean {
  return "counter" in credential && credential.counter !== null;
}

/** The index as JSON data. */
interface IndexJson {
  /** Of the rows and what they share; 0 where it is not there. */
  readonly version?: number;
  /** What many tokens have in common. */
  readonly kinds: readonly object[];
  readonly tokens: readonly TokenRow[];
}

const NEWLINE = 0x0a;

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const NAMES = new RegExp(String.raw`^\[\d+,${STRING},(${STRING})`, "gm");

/** What stands in a line before an id, and before a name. */
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
 * The entry with exactly this id or exactly this name, or null, in a time that hardly grows with
 * the number of tokens: inside a JSON string the quotes of the needle would be escaped, so that it
 * can only match a whole value.
 */
export function findExactly(value: Buffer, query: string): IndexEntry | null {
  const line = lineWith(value, query, BEFORE_ID) ?? lineWith(value, query, BEFORE_NAME);
  if (line === null) return null;
  const head = value.toString("utf8", 0, value.indexOf(NEWLINE));
  return decodeJson(`${head}${line.replace(/,$/, "")}]}`)[0] ?? null;
}

/**
 * The line that has `text` as a JSON string right after what `before` describes; null where there
 * is none.
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
