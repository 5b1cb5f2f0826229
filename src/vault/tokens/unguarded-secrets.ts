import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, type Stats, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeQuietly } from "#base/durable-file.ts";
import { forget, type Secret } from "#token/secret.ts";
import { tokensFolder, unguardedFile, type VaultLayout } from "#vault/cells/layout.ts";
import { decrypt, encrypt } from "#vault/cells/sealing.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import type { Vault } from "#vault/vault.ts";
import { secretOf } from "./passcodes.ts";
import { unguardedSecretKey } from "./token-record.ts";

/** An entry: the token's id as bytes, when its folder last changed, which folder that is, the secret's length, the secret. */
const ID_BYTES = 8;
const CHANGED_AT = ID_BYTES;
const FOLDER_AT = CHANGED_AT + 8;
const LENGTH_AT = FOLDER_AT + 8;
const SECRET_AT = LENGTH_AT + 2;

/** What is longer is not ours: some hundred thousand tokens. */
const MAX_BYTES = 2 ** 24;

/** Fewer tokens than this are read as quickly from their own files. */
const MANY = 200;

/** A folder that changed so recently may change again within the same tick of the file system's clock, unseen. */
const SETTLED_MS = 3_000;

/** The secrets of tokens that need no PIN, by the places at which the tokens were asked for. */
export interface UnguardedSecrets {
  /** A token's secret, good until all are forgotten; null for a token that has a PIN or restricted access by now. */
  at(index: number): Secret | null;
  forget(): void;
}

/**
 * The secrets of the tokens with these ids, which the caller forgets. Throws FobError `invalid` where a token is damaged, and `not-found` where it is
 * not there.
 *
 * Opening ten thousand tokens takes seconds, so what was read is kept in one sealed file beside them. An entry counts as long as its token's folder is
 * the one that it was read from, unchanged, which the file system says; the others are read, and the file is made anew.
 */
export function openUnguardedSecrets(vault: Vault, ids: readonly string[]): UnguardedSecrets {
  const known = new Entries(ids.length < MANY ? Buffer.alloc(0) : readKept(vault));
  const fresh = new Map<number, Buffer | null>();
  // numbers instead of ten thousand objects
  const places = new Int32Array(ids.length);
  const entryAt = (index: number) => fresh.get(index) ?? (fresh.has(index) ? null : known.at(places[index] ?? 0));
  const forgetAll = () => forget(known.bytes, ...fresh.values());
  try {
    ids.forEach((id, index) => {
      const folder = folderOf(vault, id);
      const place = known.find(id);
      if (place !== null && isOf(known.bytes, place, folder)) places[index] = place;
      else fresh.set(index, readEntry(vault, id, folder));
    });
    if (fresh.size > 0 && ids.length >= MANY) keep(vault, ids.map((_, index) => entryAt(index)).filter(isSettled));
  } catch (error) {
    forgetAll();
    throw error;
  }
  return { at: (index) => entryAt(index)?.subarray(SECRET_AT) ?? null, forget: forgetAll };
}

/** Removes what is kept, because a token is to have a PIN, or to be gone. */
export function dropUnguardedSecrets(layout: VaultLayout): void {
  removeQuietly(unguardedFile(layout));
}

/** Entries in one buffer. They are asked for in their own order, nearly always. */
class Entries {
  readonly bytes: Buffer;
  #next = 0;
  #places: ReadonlyMap<string, number> | null = null;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Where the entry of a token begins, or null. */
  find(id: string): number | null {
    if (this.#idAt(this.#next) !== id) {
      this.#places ??= this.#index();
      const place = this.#places.get(id);
      if (place === undefined) return null;
      this.#next = place;
    }
    const start = this.#next;
    this.#next = this.#endOf(start);
    return start;
  }

  /** The entry that begins there. */
  at(start: number): Buffer {
    return this.bytes.subarray(start, this.#endOf(start));
  }

  #index(): ReadonlyMap<string, number> {
    const places = new Map<string, number>();
    for (let at = 0; at < this.bytes.length; at = this.#endOf(at)) places.set(this.#idAt(at), at);
    return places;
  }

  #idAt(at: number): string {
    return this.bytes.toString("hex", at, at + ID_BYTES);
  }

  #endOf(at: number): number {
    return at + SECRET_AT + this.bytes.readUInt16BE(at + LENGTH_AT);
  }
}

function folderOf(vault: Vault, id: string): Stats | undefined {
  return statSync(join(tokensFolder(vault.layout), id), { throwIfNoEntry: false });
}

/** Whether the entry that begins there was read from this folder as it is. */
function isOf(bytes: Buffer, start: number, folder: Stats | undefined): boolean {
  if (!folder) return false;
  const changed = bytes.readDoubleBE(start + CHANGED_AT);
  return changed === folder.ctimeMs && bytes.readDoubleBE(start + FOLDER_AT) === folder.ino;
}

/** The folder was looked at before: what is read now is as new, or newer and will be read again. */
function readEntry(vault: Vault, id: string, folder: Stats | undefined): Buffer | null {
  const record = vault.read(id);
  if (!folder || record.guard || record.token.accessDomain !== "00") return null;
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const secret = secretOf(record, secretKey);
  const head = Buffer.alloc(SECRET_AT);
  head.write(id, "hex");
  head.writeDoubleBE(folder.ctimeMs, CHANGED_AT);
  head.writeDoubleBE(folder.ino, FOLDER_AT);
  head.writeUInt16BE(secret.length, LENGTH_AT);
  const entry = Buffer.concat([head, secret]);
  forget(secretKey, secret);
  return entry;
}

function isSettled(entry: Buffer | null): entry is Buffer {
  return entry !== null && Date.now() - entry.readDoubleBE(CHANGED_AT) > SETTLED_MS;
}

function readKept({ layout, vaultKey }: Vault): Buffer {
  const nothing = Buffer.alloc(0);
  try {
    const path = unguardedFile(layout);
    if (statSync(path).size > MAX_BYTES) return nothing;
    return decrypt(sheetKey(layout, vaultKey), readFileSync(path), place(layout)) ?? nothing;
  } catch {
    // not there, or not readable: the tokens are
    return nothing;
  }
}

/** Worth no durable write and no failure. */
function keep(vault: Vault, entries: readonly Buffer[]): void {
  const { layout, vaultKey } = vault;
  const path = unguardedFile(layout);
  const temporary = `${path}.new-${randomBytes(8).toString("hex")}`;
  const bytes = Buffer.concat(entries);
  try {
    const sealed = encrypt(sheetKey(layout, vaultKey), bytes, place(layout));
    writeFileSync(temporary, sealed, { flag: "wx", mode: 0o600 });
    renameSync(temporary, path);
    // whoever gives a token a PIN removes the file afterwards, unless it was not there yet
    const isTrue = entries.every((entry) => isOf(entry, 0, folderOf(vault, entry.toString("hex", 0, ID_BYTES))));
    if (!isTrue) dropUnguardedSecrets(layout);
  } catch {
    // as said above
    removeQuietly(temporary);
  } finally {
    forget(bytes);
  }
}

function sheetKey({ vaultId }: VaultLayout, vaultKey: Secret): Secret {
  return deriveKey(vaultKey, vaultId, "unguarded secrets");
}

function place({ vaultId }: VaultLayout): string {
  return `${vaultId}/unguarded`;
}
