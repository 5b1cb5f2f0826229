import { randomBytes } from "node:crypto";
import { FobError } from "../fob-error.ts";
import { fold, freeName } from "../token/names.ts";
import type { Secret } from "../token/secret.ts";
import type { Token } from "../token/token.ts";
import { readCell, updateCell } from "./cell.ts";
import { indexCell, tokenCell, type VaultLayout } from "./layout.ts";
import { encryptingSeal } from "./sealing.ts";
import { decodeIndex, encodeIndex, findExactly, type IndexEntry } from "./token-index.ts";
import { createRecord, decodeRecord, encodeRecord, recordSeal, type TokenRecord } from "./token-record.ts";

/** The form of a token's id. */
export const TOKEN_ID = /^[0-9a-f]{16}$/;

/** What a new token is made of: all of it but what the vault decides, unless it had that in another vault. */
export type NewToken = Pick<Token, "name" | "issuer" | "account" | "serial" | "format" | "credential" | "pin"> &
  Partial<Pick<Token, "id" | "accessDomain" | "favorite" | "enrolledAt">> & {
    readonly secret: Uint8Array;
  };

/** An open vault. It holds the vault key and nothing else: every call reads what is on disk now. */
export class Vault {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  /** Whether the app PIN was given to open it; access domain 02 asks. */
  readonly openedByPin: boolean;

  constructor(layout: VaultLayout, vaultKey: Secret, openedByPin: boolean) {
    this.layout = layout;
    this.vaultKey = vaultKey;
    this.openedByPin = openedByPin;
  }

  /** Every token, in the order of enrollment. */
  entries(): IndexEntry[] {
    return decodeIndex(readCell(this.#indexCell()));
  }

  /** The token with exactly this id or name, without reading the others. */
  findExactly(query: string): IndexEntry | null {
    const index = readCell(this.#indexCell());
    return index && findExactly(index, query);
  }

  /** One token's record. Throws FobError `not-found` when it was removed. */
  read(id: string): TokenRecord {
    const value = readCell(this.tokenCell(id));
    const record = value && decodeRecord(value);
    if (record && record.removedAt === null) return record;
    throw vanished(id);
  }

  /**
   * Replaces a token's record durably. `change` is asked again with the newer record if another process was faster, so that
   * it must decide by what it is given alone. Throws FobError `not-found` when the token was removed.
   */
  update(id: string, change: (record: TokenRecord) => TokenRecord): void {
    updateCell(this.tokenCell(id), (current) => {
      const record = current && decodeRecord(current);
      if (!record || record.removedAt !== null) throw vanished(id);
      return encodeRecord(change(record));
    });
  }

  /** Stores new tokens, durably, in order. A name that is taken gets a number. Returns them as stored. */
  add(newTokens: readonly NewToken[], enrolledAt: Date): Token[] {
    const taken = new Set(this.entries().map(({ name }) => fold(name)));
    const tokens = newTokens.map(({ secret, ...rest }) => {
      const name = freeName(rest.name, taken);
      taken.add(fold(name));
      const token: Token = { id: newId(), accessDomain: "00", favorite: false, enrolledAt, ...rest, name };
      const record = createRecord(token, secret, this.vaultKey);
      updateCell(this.tokenCell(token.id), () => encodeRecord(record));
      return token;
    });
    return this.addToIndex(tokens);
  }

  /** Adds tokens whose records exist to the index, or lists them anew; a name that another token took meanwhile gets a number. */
  addToIndex(tokens: readonly Token[]): Token[] {
    let listed: Token[] = [];
    const ids = new Set(tokens.map(({ id }) => id));
    this.#updateIndex((entries) => {
      const others = entries.filter(({ id }) => !ids.has(id));
      const taken = new Set(others.map(({ name }) => fold(name)));
      listed = tokens.map((token) => {
        const name = freeName(token.name, taken);
        taken.add(fold(name));
        return { ...token, name };
      });
      return [...others, ...listed];
    });
    listed.forEach(({ id, name }, i) => {
      if (name !== tokens[i]?.name) this.#setToken(id, (token) => ({ ...token, name }));
    });
    return listed;
  }

  /** Takes a token out of the index. */
  dropFromIndex(id: string): void {
    this.#updateIndex((entries) => entries.filter((entry) => entry.id !== id));
  }

  /** Changes what a token is called or how it is shown. Throws FobError `usage` when the new name is taken. */
  amend(id: string, change: (token: Token) => Token): Token {
    let amended: Token | null = null;
    this.#updateIndex((entries) =>
      entries.map((entry) => {
        if (entry.id !== id) return entry;
        amended = change(entry);
        refuseTakenName(amended, entries);
        return amended;
      }),
    );
    if (!amended) throw vanished(id);
    this.#setToken(id, change);
    return amended;
  }

  /** The cell of one token; `recordSeal` opens it with this vault's key. */
  tokenCell(id: string) {
    return tokenCell(this.layout, id, recordSeal(this.vaultKey, this.layout.vaultId, id));
  }

  #setToken(id: string, change: (token: Token) => Token): void {
    this.update(id, (record) => ({ ...record, token: change(record.token) }));
  }

  #updateIndex(change: (entries: IndexEntry[]) => IndexEntry[]): void {
    updateCell(this.#indexCell(), (current) => encodeIndex(change(decodeIndex(current))));
  }

  #indexCell() {
    return indexCell(this.layout, encryptingSeal(this.vaultKey));
  }
}

function refuseTakenName(token: Token, entries: readonly IndexEntry[]): void {
  const wanted = fold(token.name);
  if (entries.some((entry) => entry.id !== token.id && fold(entry.name) === wanted)) {
    throw new FobError("usage", `another token is called ${token.name} already`);
  }
}

function newId(): string {
  return randomBytes(8).toString("hex");
}

function vanished(id: string): FobError {
  return new FobError("not-found", `the token ${id} is no longer in the vault`);
}
