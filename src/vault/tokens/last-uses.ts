import { closeSync, constants, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { refuseForeignHome } from "#base/home-owner.ts";
import { openRegular } from "#base/open-regular.ts";
import { lastUsesFile, type VaultLayout } from "#vault/cells/layout.ts";
import type { TokenStore } from "./token-store.ts";

/** An entry: a token's id as bytes, then milliseconds since 1970, big-endian. */
const ID_BYTES = 8;
const ENTRY_BYTES = ID_BYTES + 8;
const WORDS = ENTRY_BYTES / ID_BYTES;

/** The largest time that a Date can hold; an entry with a larger one is not from fob. */
const LAST_TIME = 8.64e15;

/** A longer file is not from fob: this is a million tokens. */
const MAX_BYTES = 2 ** 24;

/**
 * Up to this many tokens are searched for one by one; for more, a map of the whole file is faster.
 */
const FEW = 200;

/**
 * Records that tokens were used. The write is not durable, and a failure is ignored: the passcodes
 * matter more.
 */
export function touch(
  { layout }: Pick<TokenStore, "layout">,
  ids: readonly string[],
  now: Date,
): void {
  try {
    refuseForeignHome(layout.home);
    // changed in place: readers and other writers see an entry before or after, and each token has
    // its own
    withFile(layout, constants.O_RDWR | constants.O_CREAT, (file) =>
      touchIn(file, layout, ids, now),
    );
  } catch {
    // a failed write is ignored
  }
}

/**
 * Collects uses, and writes those of one turn of the event loop together, with the time of the last
 * one: each write searches the whole file.
 */
export function useNotes(store: Pick<TokenStore, "layout">): (id: string, now: Date) => void {
  let ids = new Set<string>();
  let last = new Date(0);
  const write = () => {
    touch(store, [...ids], last);
    ids = new Set();
  };
  return (id, now) => {
    if (ids.size === 0) setImmediate(write);
    ids.add(id);
    last = now;
  };
}

/** When tokens were last used. */
export class LastUses {
  readonly #entries: Buffer;
  readonly #places: Places;

  constructor(entries: Buffer = Buffer.alloc(0)) {
    this.#entries = entries;
    this.#places = new Places(entries);
  }

  /** When a token was last used; null for never. */
  of(id: string): Date | null {
    const at = this.#places.find(id);
    if (at === null) return null;
    const time =
      this.#entries.readUInt32BE(at + ID_BYTES) * 2 ** 32 +
      this.#entries.readUInt32BE(at + ID_BYTES + 4);
    return time > LAST_TIME ? null : new Date(time);
  }
}

/** The last uses of a store's tokens. */
export function lastUses({ layout }: Pick<TokenStore, "layout">): LastUses {
  return new LastUses(readOrNothing(layout));
}

/** The positions of the tokens' entries. Look-ups nearly always come in the order of the file. */
class Places {
  readonly #entries: Buffer;
  /** The file in words as long as an id: searching them is five times as fast as bytes. */
  #words: BigUint64Array | null = null;
  #likely = 0;
  #searched = 0;
  /** By the first bytes of the id: the whole id as text would take more time and memory. */
  #map: ReadonlyMap<number, number> | null = null;

  constructor(entries: Buffer) {
    this.#entries = entries;
  }

  find(id: string): number | null {
    const at = this.#idAt(this.#likely) === id ? this.#likely : this.#search(id);
    if (at !== null) this.#likely = at + ENTRY_BYTES;
    return at;
  }

  #search(id: string): number | null {
    const bytes = Buffer.from(id, "hex");
    if (this.#searched++ < FEW) return this.#scan(bytes);
    this.#map ??= this.#mapAll();
    const at = this.#map.get(bytes.readInt32BE());
    return at === undefined || this.#idAt(at) === id ? (at ?? null) : this.#scan(bytes);
  }

  #scan(id: Buffer): number | null {
    this.#words ??= wordsOf(this.#entries, ENTRY_BYTES);
    const [word = 0n] = wordsOf(id, ID_BYTES);
    for (let at = this.#words.indexOf(word); at >= 0; at = this.#words.indexOf(word, at + 1)) {
      // every other word is a time
      if (at % WORDS === 0) return at * ID_BYTES;
    }
    return null;
  }

  #mapAll(): ReadonlyMap<number, number> {
    const places = new Map<number, number>();
    for (let at = 0; at + ENTRY_BYTES <= this.#entries.length; at += ENTRY_BYTES) {
      const start = this.#entries.readInt32BE(at);
      // two processes may have written the first use of a token at once: the first entry is the one
      // that is updated
      if (!places.has(start)) places.set(start, at);
    }
    return places;
  }

  #idAt(at: number): string {
    return at + ENTRY_BYTES <= this.#entries.length
      ? this.#entries.toString("hex", at, at + ID_BYTES)
      : "";
  }
}

/** The whole entries of `each` bytes, as words; copied where the bytes are not aligned to words. */
function wordsOf(bytes: Buffer, each: number): BigUint64Array {
  const { buffer, byteOffset } =
    bytes.byteOffset % ID_BYTES === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
  return new BigUint64Array(
    buffer,
    byteOffset,
    Math.floor(bytes.length / each) * (each / ID_BYTES),
  );
}

function touchIn(file: number, layout: VaultLayout, ids: readonly string[], now: Date): void {
  const entries = readAll(file);
  const places = new Places(entries);
  const found = ids.map((id) => places.find(id));
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.writeBigUInt64BE(BigInt(now.getTime()), ID_BYTES);
  const known = found.filter((at) => at !== null);
  for (const at of known) entry.copy(entries, at + ID_BYTES, ID_BYTES);
  writeInPlace(file, entries, known);
  const unknown = ids.filter((_, i) => found[i] === null);
  if (unknown.length === 0) return;
  append(
    layout,
    file,
    Buffer.concat(
      unknown.map((id) => Buffer.concat([Buffer.from(id, "hex"), entry.subarray(ID_BYTES)])),
    ),
  );
}

/** Writes consecutive entries in one write each; entries between them belong to other tokens. */
function writeInPlace(file: number, entries: Buffer, places: readonly number[]): void {
  let start = places[0] ?? 0;
  places.forEach((at, i) => {
    const end = at + ENTRY_BYTES;
    if (places[i + 1] === end) return;
    writeSync(file, entries, start, end - start, start);
    start = places[i + 1] ?? end;
  });
}

/**
 * Appends in one write, at the end that the file has then: entries of several processes do not
 * overlap.
 */
function append(layout: VaultLayout, file: number, entries: Buffer): void {
  const torn = fstatSync(file).size % ENTRY_BYTES;
  if (torn > 0) ftruncateSync(file, fstatSync(file).size - torn);
  withFile(layout, constants.O_WRONLY | constants.O_APPEND, (end) => writeSync(end, entries));
}

function withFile<T>(layout: VaultLayout, flags: number, use: (file: number) => T): T {
  const opened = openRegular(lastUsesFile(layout), flags);
  if (!opened) throw new Error("not a file");
  try {
    return use(opened.file);
  } finally {
    closeSync(opened.file);
  }
}

function readAll(file: number): Buffer {
  const { size } = fstatSync(file);
  if (size > MAX_BYTES) throw new Error("not a file of last uses");
  const bytes = Buffer.alloc(size);
  return bytes.subarray(0, readSync(file, bytes, 0, size, 0));
}

function readOrNothing(layout: VaultLayout): Buffer {
  try {
    return withFile(layout, constants.O_RDONLY, readAll);
  } catch {
    // no token was used yet, or the file cannot be read
    return Buffer.alloc(0);
  }
}
