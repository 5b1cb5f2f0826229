import { createHmac, randomBytes } from "node:crypto";
import { closeSync, readSync, renameSync, writeFileSync } from "node:fs";
import { removeQuietly } from "#base/durable-file.ts";
import { refuseForeignHome } from "#base/home-owner.ts";
import { type OpenFile, openRegular } from "#base/open-regular.ts";
import type { Secret } from "#token/secret.ts";
import { locatorFile, type VaultLayout } from "#vault/cells/layout.ts";
import { deriveKey } from "#vault/keys/keys.ts";

/** An entry: the name's keyed hash, then the token's id as bytes. Entries are sorted by hash. */
const HASH_BYTES = 16;
const ID_BYTES = 8;
const ENTRY_BYTES = HASH_BYTES + ID_BYTES;

/**
 * Length of the header before the entries: the generation of the index that they were made from, 8
 * bytes, big-endian.
 */
const HEAD_BYTES = 8;

/**
 * The result of a look-up: a token's id, null for no such name, or "stale" where the locator is
 * missing, damaged or of another generation.
 */
export type Located = { readonly id: string | null } | "stale";

/**
 * Finds the id of the token that the index of this generation calls `name`. Reads a few kilobytes,
 * however many tokens there are. The file holds no names, only hashes under a key of the vault. It
 * is not sealed: the caller must check that the token's sealed record has this name.
 */
export function locate(
  layout: VaultLayout,
  vaultKey: Secret,
  generation: number,
  name: string,
): Located {
  const opened = openOrNull(locatorFile(layout));
  if (opened === null) return "stale";
  const { file, stats } = opened;
  try {
    const head = readAt(file, 0, HEAD_BYTES);
    if (head.length < HEAD_BYTES || head.readBigUInt64BE() !== BigInt(generation)) return "stale";
    const count = Math.floor((stats.size - HEAD_BYTES) / ENTRY_BYTES);
    return findEntry(file, count, hashName(locatorKey(layout, vaultKey), name));
  } finally {
    closeSync(file);
  }
}

/**
 * Writes the locator for the index of a generation. The write is not durable and its failure is
 * ignored: without a whole locator the next look-up reads the index.
 */
export function writeLocator(
  layout: VaultLayout,
  vaultKey: Secret,
  generation: number,
  tokens: readonly { readonly id: string; readonly name: string }[],
): void {
  const key = locatorKey(layout, vaultKey);
  const entries = tokens.map(({ id, name }) =>
    Buffer.concat([hashName(key, name), Buffer.from(id, "hex")]),
  );
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeBigUInt64BE(BigInt(generation));
  const path = locatorFile(layout);
  const temporary = `${path}.new-${randomBytes(8).toString("hex")}`;
  try {
    refuseForeignHome(layout.home);
    writeFileSync(temporary, Buffer.concat([head, ...entries.sort(Buffer.compare)]), {
      flag: "wx",
      mode: 0o600,
    });
    renameSync(temporary, path);
  } catch {
    // a failed write is ignored
    removeQuietly(temporary);
  }
}

/**
 * Hashes are evenly distributed, so the entry of a hash lies close to its expected position. Among
 * n entries the standard deviation is at most sqrt(n) / 2; eight standard deviations to either side
 * are read.
 */
function findEntry(file: number, count: number, hash: Buffer): Located {
  const guess = Math.floor((hash.readUInt32BE() / 2 ** 32) * count);
  const reach = 4 * Math.ceil(Math.sqrt(count));
  const first = Math.max(0, guess - reach);
  const end = Math.min(count, guess + reach + 1);
  const entries = readAt(file, HEAD_BYTES + first * ENTRY_BYTES, (end - first) * ENTRY_BYTES);
  for (let at = 0; at + ENTRY_BYTES <= entries.length; at += ENTRY_BYTES) {
    const order = hash.compare(entries, at, at + HASH_BYTES);
    if (order === 0) return { id: entries.toString("hex", at + HASH_BYTES, at + ENTRY_BYTES) };
    // smaller than all that was read: it may lie further ahead, or a later entry is out of place
    if (order < 0) return at > 0 || first === 0 ? { id: null } : "stale";
  }
  return end === count ? { id: null } : "stale";
}

function locatorKey({ vaultId }: VaultLayout, vaultKey: Secret): Secret {
  return deriveKey(vaultKey, vaultId, "locator");
}

function hashName(key: Secret, name: string): Buffer {
  return createHmac("sha256", key).update(name).digest().subarray(0, HASH_BYTES);
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, position));
}

function openOrNull(path: string): OpenFile | null {
  try {
    return openRegular(path);
  } catch {
    // missing or unreadable: the caller reads the index
    return null;
  }
}
