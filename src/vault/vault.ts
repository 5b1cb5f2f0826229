import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { findToken } from "#token/find-token.ts";
import { FreeNames, fold, matchName } from "#token/names.ts";
import { isDamage } from "#token/newer.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { type CellLook, lookAtCell, readCell, updateCell } from "#vault/cells/cell.ts";
import {
  batchesFolder,
  indexCell,
  removedFolder,
  tokenCell,
  tokensFolder,
  type VaultLayout,
} from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { Chip } from "#vault/chip/chip.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { askToUse } from "#vault/pins/token-pin.ts";
import { locate, writeLocator } from "#vault/tokens/locator.ts";
import { isUnreadable, readRecord, updateRecord, vanished } from "#vault/tokens/record-cell.ts";
import { recordSeal } from "#vault/tokens/record-seal.ts";
import {
  decodeIndex,
  encodeIndex,
  entriesLike,
  findExactly,
  type IndexEntry,
  namesIn,
} from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";

/** The format of a token's id. */
export const TOKEN_ID = /^[0-9a-f]{16}$/;

/** A smaller index, in bytes, is read as quickly as a locator (about 200 tokens). */
const LARGE_INDEX = 16 * 1024;

type Located = TokenRecord | null | "unsure" | "stale";

/** An open vault. It caches nothing but the vault key: every call reads the current files. */
export class Vault implements TokenStore {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  /** Whether the app PIN opened it; access domain 02 asks. */
  readonly openedByPin: boolean;
  readonly #chip: Chip | null;

  /** Without a `chip`, tokens that one holds cannot be used. */
  constructor(
    layout: VaultLayout,
    vaultKey: Secret,
    openedByPin: boolean,
    chip: Chip | null = null,
  ) {
    this.#chip = chip;
    this.layout = layout;
    this.vaultKey = vaultKey;
    this.openedByPin = openedByPin;
  }

  entries(): IndexEntry[] {
    return this.#inUse(this.listed());
  }

  /** Leaves out tokens whose removal was interrupted: {@link listed} has them. */
  #inUse(listed: IndexEntry[]): IndexEntry[] {
    const removed = new Set(idsIn(removedFolder(this.layout)));
    if (removed.size === 0) return listed;
    // a token in both folders is in use
    return listed.filter(({ id }) => !removed.has(id) || existsSync(this.tokenCell(id).folder));
  }

  /**
   * All entries of the index. An interrupted removal leaves an entry whose folder is among the
   * removed ones; {@link entries} leaves it out.
   */
  listed(): IndexEntry[] {
    return decodeIndex(this.#readIndex());
  }

  findExactly(query: string): IndexEntry | null {
    const look = lookAtCell(this.indexCell());
    const located = this.#locate(query, look);
    if (typeof located === "object") return located?.token ?? null;
    const index = this.#readIndex(look);
    if (located === "stale") this.#renewLocator(index, look);
    return index && findExactly(index, query);
  }

  /**
   * The records of the tokens that a person means by these names, in their order. Looks at the
   * index once. Throws as {@link findToken} does, and FobError `not-found` for a token that is
   * being removed.
   */
  readNamed(queries: readonly string[]): TokenRecord[] {
    const look = lookAtCell(this.indexCell());
    const located = queries.map((query) => this.#locate(query, look));
    const isLocated = located.every((one) => typeof one === "object" && one !== null);
    if (isLocated) return located;
    const index = this.#readIndex(look);
    if (located.includes("stale")) this.#renewLocator(index, look);
    return queries.map((query) => this.read(this.#findNamed(index, query).id));
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

  chip(): Chip {
    if (this.#chip) return this.#chip;
    throw new FobError("unavailable", t("the TPM of this machine is not used here"));
  }

  isPinGiven({ guard }: TokenRecord): boolean {
    return this.openedByPin || guard !== null;
  }

  async secretKey(record: TokenRecord, prompt: PinPrompt, now: Date): Promise<Secret> {
    // before the user is asked for a PIN
    refuseByDomain(record.token, this.isPinGiven(record));
    return askToUse(this, record, prompt, now);
  }

  /**
   * Adds tokens with records to the index, or replaces their entries; a name that is taken gets a
   * number.
   */
  addToIndex(tokens: readonly Token[]): Token[] {
    const listed = this.announce(tokens);
    listed.forEach(({ id, name }, i) => {
      if (name !== tokens[i]?.name) this.setName(id, name);
    });
    return listed;
  }

  /** Lists tokens before their records are written. Returns them with their listed names. */
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

  /** Changes the index; `change` is called again if another process was faster. */
  updateIndex(change: (entries: IndexEntry[]) => IndexEntry[]): void {
    explained(() =>
      updateCell(this.indexCell(), (current) => encodeIndex(change(decodeIndex(current)))),
    );
  }

  /** Writes the listed name into a token's record. */
  setName(id: string, name: string): void {
    this.#setToken(id, (token) => ({ ...token, name }));
  }

  /**
   * Changes a token's name or display. Throws FobError `usage` when the new name is taken,
   * `invalid` for an unreadable token; then, and if its file cannot be written, nothing changes.
   */
  amend(id: string, change: (token: Token) => Token): Token {
    // an unreadable token cannot be changed, and the index must agree with the token
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

  /** The cell of one token. */
  tokenCell(id: string) {
    return tokenCell(this.layout, id, recordSeal(this.vaultKey, this.layout.vaultId, id));
  }

  indexCell() {
    return indexCell(this.layout, encryptingSeal(this.vaultKey));
  }

  /** Null if no token was ever listed. Throws FobError `invalid` for a damaged or lost index. */
  #readIndex(look: CellLook | null = null): Buffer | null {
    return (
      explained(() => readCell(this.indexCell(), look)) ??
      // no index, and no command is making the first one: tokens would be overlooked
      (hasUnlisted(this.layout)
        ? explained(() => readCell(this.indexCell()) ?? lostIndex(this.indexCell().folder))
        : null)
    );
  }

  /**
   * The result of the locator of a large index, checked against the sealed record; "unsure" where
   * the index must be asked, "stale" where the locator must also be written again.
   */
  #locate(query: string, { generations, bytes }: CellLook): Located {
    const [generation] = generations;
    if (generation === undefined || bytes < LARGE_INDEX) return "unsure";
    if (TOKEN_ID.test(query)) return "unsure";
    const located = locate(this.layout, this.vaultKey, generation, query);
    if (located === "stale") return "stale";
    const record = located.id === null ? null : this.#readSound(located.id);
    return record === null || (record !== "damaged" && record.token.name === query)
      ? record
      : "stale";
  }

  /** A token's record; "damaged" if unreadable, because the index may still know its name. */
  #readSound(id: string): TokenRecord | "damaged" {
    try {
      return this.read(id);
    } catch (error) {
      if (isUnreadable(error)) return "damaged";
      throw error;
    }
  }

  /** Writes the locator of a large index, for the next look-up. */
  #renewLocator(index: Buffer | null, { generations: [generation] }: CellLook): void {
    if (!index || generation === undefined) return;
    // the index may have changed before it was read
    if (lookAtCell(this.indexCell()).generations[0] !== generation) return;
    writeLocator(this.layout, this.vaultKey, generation, decodeIndex(index));
  }

  #findNamed(index: Buffer | null, query: string): IndexEntry {
    const exact = index && findExactly(index, query);
    if (exact) return exact;
    const likely = this.#inUse(entriesLike(index, query));
    const isFound = matchName(query, likely).kind !== "none";
    // similar names are suggested from all of them
    return findToken(query, isFound ? likely : this.#inUse(decodeIndex(index)));
  }

  /** Restores the entry if possible; else `fob doctor --repair` does. */
  #putBack(entry: IndexEntry): void {
    try {
      this.updateIndex((entries) => entries.map((one) => (one.id === entry.id ? entry : one)));
    } catch {
      // the first error is reported
    }
  }

  #setToken(id: string, change: (token: Token) => Token): void {
    this.update(id, (record) => ({ ...record, token: change(record.token) }));
  }
}

/** Whether unlisted tokens exist that no running command is adding. */
function hasUnlisted(layout: VaultLayout): boolean {
  return isFilled(tokensFolder(layout)) && !isFilled(batchesFolder(layout));
}

function isFilled(folder: string): boolean {
  return idsIn(folder).length > 0;
}

/** The ids of the tokens in a folder; none where the folder is missing. */
function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => TOKEN_ID.test(name));
  } catch {
    // missing or not a folder: later use reports it
    return [];
  }
}

function lostIndex(folder: string): never {
  throw new FobError("invalid", t`${folder} is missing, and says which tokens there are`);
}

/** The index can be rebuilt from the other files. */
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
