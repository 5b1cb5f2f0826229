import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { FreeNames, fold } from "#token/names.ts";
import { isDamage } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { newestGeneration, readCell, updateCell } from "#vault/cells/cell.ts";
import {
  batchesFolder,
  indexCell,
  removedFolder,
  tokenCell,
  tokensFolder,
  type VaultLayout,
} from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { askToUse } from "#vault/pins/token-pin.ts";
import { locate, writeLocator } from "#vault/tokens/locator.ts";
import { isUnreadable, readRecord, updateRecord, vanished } from "#vault/tokens/record-cell.ts";
import {
  decodeIndex,
  encodeIndex,
  findExactly,
  type IndexEntry,
  namesIn,
} from "#vault/tokens/token-index.ts";
import { recordSeal, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";

/** The form of a token's id. */
export const TOKEN_ID = /^[0-9a-f]{16}$/;

/** An index of fewer bytes than this (about 200 tokens) is read as quickly as a locator. */
const LARGE_INDEX = 16 * 1024;

/** An open vault. It holds the vault key and nothing else: every call reads what is on disk now. */
export class Vault implements TokenStore {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  /** Whether the app PIN was given to open it; access domain 02 asks. */
  readonly openedByPin: boolean;

  constructor(layout: VaultLayout, vaultKey: Secret, openedByPin: boolean) {
    this.layout = layout;
    this.vaultKey = vaultKey;
    this.openedByPin = openedByPin;
  }

  entries(): IndexEntry[] {
    const listed = this.listed();
    const removed = new Set(idsIn(removedFolder(this.layout)));
    if (removed.size === 0) return listed;
    // a token in both folders is in use
    return listed.filter(({ id }) => !removed.has(id) || existsSync(this.tokenCell(id).folder));
  }

  /**
   * What the index lists. An interrupted removal leaves a token in it that {@link entries} leaves
   * out, because its folder lies among the removed ones.
   */
  listed(): IndexEntry[] {
    return decodeIndex(this.#readIndex());
  }

  findExactly(query: string): IndexEntry | null {
    const located = this.#locate(query);
    return located === "unsure" ? this.#search(query) : (located?.token ?? null);
  }

  /**
   * The record of the token with exactly this id or name, or null. Throws FobError `not-found` when
   * it is removed at this moment.
   */
  readExactly(query: string): TokenRecord | null {
    const located = this.#locate(query);
    if (located !== "unsure") return located;
    const entry = this.#search(query);
    return entry && this.read(entry.id);
  }

  /** The names of all tokens, in list order. */
  names(): string[] {
    return namesIn(this.#readIndex());
  }

  read(id: string): TokenRecord {
    return readRecord(this.tokenCell(id), id);
  }

  update(id: string, change: (record: TokenRecord) => TokenRecord): void {
    updateRecord(this.tokenCell(id), id, change);
  }

  isPinGiven({ guard }: TokenRecord): boolean {
    return this.openedByPin || guard !== null;
  }

  async secretKey(record: TokenRecord, prompt: PinPrompt, now: Date): Promise<Secret> {
    // nobody is asked for a PIN in vain
    refuseByDomain(record.token, this.isPinGiven(record));
    return askToUse(this, record, prompt, now);
  }

  /**
   * Adds tokens whose records exist to the index, or lists them anew; a name that another token
   * took meanwhile gets a number.
   */
  addToIndex(tokens: readonly Token[]): Token[] {
    const listed = this.announce(tokens);
    listed.forEach(({ id, name }, i) => {
      if (name !== tokens[i]?.name) this.setName(id, name);
    });
    return listed;
  }

  /**
   * Lists tokens in the index whose records are still to come, and returns them as they are called
   * there.
   */
  announce(tokens: readonly Token[]): Token[] {
    let listed: Token[] = [];
    const ids = new Set(tokens.map(({ id }) => id));
    this.updateIndex((entries) => {
      const others = entries.filter(({ id }) => !ids.has(id));
      const names = new FreeNames(others.map(({ name }) => fold(name)));
      listed = tokens.map((token) => ({ ...token, name: names.next(token.name) }));
      return [...others, ...listed];
    });
    return listed;
  }

  /** Takes tokens out of the index. */
  dropFromIndex(...ids: readonly string[]): void {
    const dropped = new Set(ids);
    this.updateIndex((entries) => entries.filter(({ id }) => !dropped.has(id)));
  }

  /**
   * Changes which tokens are listed, and how; `change` is asked again when another process was
   * faster.
   */
  updateIndex(change: (entries: IndexEntry[]) => IndexEntry[]): void {
    explained(() =>
      updateCell(this.indexCell(), (current) => encodeIndex(change(decodeIndex(current)))),
    );
  }

  /** Makes a token's record say the name under which it is listed. */
  setName(id: string, name: string): void {
    this.#setToken(id, (token) => ({ ...token, name }));
  }

  /**
   * Changes what a token is called or how it is shown. Throws FobError `usage` when the new name is
   * taken, and `invalid` for a token that cannot be read; nothing is changed then, nor when its
   * file cannot be written.
   */
  amend(id: string, change: (token: Token) => Token): Token {
    // a token that cannot be read cannot be changed, and the index must not say something else than
    // the token
    this.read(id);
    let before: IndexEntry | null = null;
    let amended: Token | null = null;
    this.updateIndex((entries) =>
      entries.map((entry) => {
        if (entry.id !== id) return entry;
        before = entry;
        amended = change(entry);
        refuseTakenName(amended, entries);
        return amended;
      }),
    );
    if (!amended) throw vanished(id);
    try {
      this.#setToken(id, change);
    } catch (error) {
      if (before) this.#putBack(before);
      throw error;
    }
    return amended;
  }

  /** The cell of one token; `recordSeal` opens it with this vault's key. */
  tokenCell(id: string) {
    return tokenCell(this.layout, id, recordSeal(this.vaultKey, this.layout.vaultId, id));
  }

  /** The cell of the index. */
  indexCell() {
    return indexCell(this.layout, encryptingSeal(this.vaultKey));
  }

  /**
   * Null for a vault that has listed no token yet. Throws FobError `invalid` for an index that is
   * damaged or lost.
   */
  #readIndex(): Buffer | null {
    return (
      explained(() => readCell(this.indexCell())) ??
      // with neither a list nor a command that is making the first one, tokens would look like none
      (hasUnlisted(this.layout)
        ? explained(() => readCell(this.indexCell()) ?? lostIndex(this.indexCell().folder))
        : null)
    );
  }

  /** What the locator of a large index knows, once the sealed record has confirmed it. */
  #locate(query: string): TokenRecord | null | "unsure" {
    const newest = newestGeneration(this.indexCell());
    if (!newest || newest.bytes < LARGE_INDEX) return "unsure";
    if (TOKEN_ID.test(query)) return "unsure";
    const located = locate(this.layout, this.vaultKey, newest.generation, query);
    if (located === "stale") return "unsure";
    const record = located.id === null ? null : this.#readSound(located.id);
    return record === null || (record !== "damaged" && record.token.name === query)
      ? record
      : "unsure";
  }

  /**
   * The record of a token, if it can be read: where it cannot, the index knows the name all the
   * same.
   */
  #readSound(id: string): TokenRecord | "damaged" {
    try {
      return this.read(id);
    } catch (error) {
      if (isUnreadable(error)) return "damaged";
      throw error;
    }
  }

  /** Reads the index, and makes the locator that spares the next one that. */
  #search(query: string): IndexEntry | null {
    const cell = this.indexCell();
    const newest = newestGeneration(cell);
    const index = this.#readIndex();
    const isOf = newest !== null && newestGeneration(cell)?.generation === newest.generation;
    if (index && isOf && newest.bytes >= LARGE_INDEX)
      writeLocator(this.layout, this.vaultKey, newest.generation, decodeIndex(index));
    return index && findExactly(index, query);
  }

  /**
   * Makes the index say again what it said, where that is possible; else `fob doctor --repair`
   * does.
   */
  #putBack(entry: IndexEntry): void {
    try {
      this.updateIndex((entries) => entries.map((one) => (one.id === entry.id ? entry : one)));
    } catch {
      // the first failure is the one to tell of
    }
  }

  #setToken(id: string, change: (token: Token) => Token): void {
    this.update(id, (record) => ({ ...record, token: change(record.token) }));
  }
}

/** Whether tokens lie there, and no command is at work that has not listed them yet. */
function hasUnlisted(layout: VaultLayout): boolean {
  return isFilled(tokensFolder(layout)) && !isFilled(batchesFolder(layout));
}

function isFilled(folder: string): boolean {
  return idsIn(folder).length > 0;
}

/** The ids of the tokens whose folders lie there; none where there is no such folder. */
function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => TOKEN_ID.test(name));
  } catch {
    // not there, or no folder: whoever needs it says so
    return [];
  }
}

function lostIndex(folder: string): never {
  throw new FobError("invalid", t`${folder} is missing, and says which tokens there are`);
}

/** The index is the one file of a vault that can be made anew from the others. */
function explained<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const hint = t("`fob doctor --repair` makes it anew from the tokens");
    throw new FobError("invalid", error.message, { hint, cause: error });
  }
}

function refuseTakenName(token: Token, entries: readonly IndexEntry[]): void {
  const wanted = fold(token.name);
  if (entries.some((entry) => entry.id !== token.id && fold(entry.name) === wanted)) {
    throw new FobError("usage", t`another token is called ${token.name} already`);
  }
}

/** A new token's id. */
export function newTokenId(): string {
  return randomBytes(8).toString("hex");
}
