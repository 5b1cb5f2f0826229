import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { lastUsesFile, type VaultLayout } from "./layout.ts";
import type { TokenStore } from "./token-store.ts";

/** An entry: a token's id as bytes, then the milliseconds since 1970, most significant first. */
const ID_BYTES = 8;
const ENTRY_BYTES = ID_BYTES + 8;

/** The last time that a Date can be; a later one is not ours. */
const LAST_TIME = 8.64e15;

/** What is longer is not ours: a million tokens. */
const MAX_BYTES = 2 ** 24;

/** Notes that tokens were used. Worth no durable write, and no failure: the passcodes count. */
export function touch({ layout }: Pick<TokenStore, "layout">, ids: readonly string[], now: Date): void {
  try {
    // to be changed in place: readers and other writers see an entry before or after, and each token has its own
    const file = openSync(lastUsesFile(layout), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      touchIn(file, layout, ids, now);
    } finally {
      closeSync(file);
    }
  } catch {
    // as said above
  }
}

/** When tokens were last used, in milliseconds since 1970, by their ids; those that never were are missing. */
export type LastUses = ReadonlyMap<string, number>;

/** The last uses of a store's tokens. */
export function lastUses({ layout }: Pick<TokenStore, "layout">): LastUses {
  const entries = readOrNothing(layout);
  const hex = entries.toString("hex");
  const uses = new Map<string, number>();
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    const id = hex.substring(at * 2, (at + ID_BYTES) * 2);
    const time = entries.readUInt32BE(at + ID_BYTES) * 2 ** 32 + entries.readUInt32BE(at + ID_BYTES + 4);
    // two processes may have noted the first use of a token at once
    if ((uses.get(id) ?? 0) < time && time <= LAST_TIME) uses.set(id, time);
  }
  return uses;
}

/** When a token was last used; null for never. */
export function lastUseOf(uses: LastUses, id: string): Date | null {
  const time = uses.get(id);
  return time === undefined ? null : new Date(time);
}

function touchIn(file: number, layout: VaultLayout, ids: readonly string[], now: Date): void {
  const entries = readAll(file);
  const places: number[] = [];
  const unknown: Buffer[] = [];
  const entry = encodeEntry("", now);
  let likely = 0;
  for (const id of ids) {
    entry.write(id, "hex");
    const at = findEntry(entries, entry, likely);
    if (at === null) unknown.push(Buffer.from(entry));
    else {
      entry.copy(entries, at);
      places.push(at);
      likely = at + ENTRY_BYTES;
    }
  }
  writeInPlace(file, entries, places);
  if (unknown.length > 0) append(layout, file, Buffer.concat(unknown));
}

function encodeEntry(id: string, time: Date): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.write(id, "hex");
  entry.writeBigUInt64BE(BigInt(time.getTime()), ID_BYTES);
  return entry;
}

/** Where the entry of the same token is. `likely` is where to look first: tokens are used in the same order again and again. */
function findEntry(entries: Buffer, entry: Buffer, likely: number): number | null {
  const isThere = likely + ENTRY_BYTES <= entries.length;
  if (isThere && entry.compare(entries, likely, likely + ID_BYTES, 0, ID_BYTES) === 0) return likely;
  const id = entry.subarray(0, ID_BYTES);
  for (let at = entries.indexOf(id); at >= 0; at = entries.indexOf(id, at + 1)) {
    // the same bytes may occur across two entries
    if (at % ENTRY_BYTES === 0) return at;
  }
  return null;
}

/** Entries that follow each other in one write; those between are not ours to write. */
function writeInPlace(file: number, entries: Buffer, places: readonly number[]): void {
  let start = places[0] ?? 0;
  places.forEach((at, i) => {
    const end = at + ENTRY_BYTES;
    if (places[i + 1] === end) return;
    writeSync(file, entries, start, end - start, start);
    start = places[i + 1] ?? end;
  });
}

/** One write at the end, wherever that is by then: entries of several processes never overlap. */
function append(layout: VaultLayout, file: number, entries: Buffer): void {
  const torn = fstatSync(file).size % ENTRY_BYTES;
  if (torn > 0) ftruncateSync(file, fstatSync(file).size - torn);
  const end = openSync(lastUsesFile(layout), constants.O_WRONLY | constants.O_APPEND);
  try {
    writeSync(end, entries);
  } finally {
    closeSync(end);
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
    const bytes = readFileSync(lastUsesFile(layout));
    return bytes.length > MAX_BYTES ? Buffer.alloc(0) : bytes;
  } catch {
    // no token was used yet, or nobody can tell
    return Buffer.alloc(0);
  }
}
