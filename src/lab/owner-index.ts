import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import { CHALLENGE_MS, type LabToken } from "./lab-token.ts";
import { decodeRecord, encodeRecord } from "./record-text.ts";

/** A challenge is kept for two of these periods at most, which touch three. */
const PERIODS_KEPT = 3;

/** The version of the index. Labs of version 1 have no index of activation codes. */
const VERSION = "2";

/**
 * Says which tokens a user has, which user a transaction asks, and which token an activation code
 * is for, so that a login and an enrollment read no token of others. In cells below `lab/owners`,
 * `lab/transactions` and `lab/activations`.
 */
export class OwnerIndex {
  readonly #folder: string;
  readonly #cell: (name: string) => Cell;
  readonly #all: () => readonly LabToken[];
  #isComplete = false;

  /**
   * `cell` makes the cell of a path below the lab's folder. `all` lists every token, for a lab that
   * was made before there was an index.
   */
  constructor(folder: string, cell: (name: string) => Cell, all: () => readonly LabToken[]) {
    this.#folder = folder;
    this.#cell = cell;
    this.#all = all;
  }

  /** The serial numbers of a user's tokens; some of them may not exist, or be another user's. */
  serialsOf(user: string): readonly string[] {
    this.#complete();
    const bytes = readCell(this.#ownerCell(user));
    return bytes ? decodeRecord<readonly string[]>(bytes) : [];
  }

  /**
   * Adds a token to those of its user: before the token is written, so that none is ever missing.
   */
  add(token: LabToken): void {
    this.#complete();
    this.#put(token);
  }

  /**
   * The serial number of the token that was promised to whoever has an activation code, or null.
   */
  serialOfCode(code: string): string | null {
    this.#complete();
    return readCell(this.#codeCell(code))?.toString("utf8") ?? null;
  }

  /** Notes the user of a transaction, and forgets those of transactions that are long over. */
  addTransaction(id: string, user: string, now: number): void {
    const period = Math.floor(now / CHALLENGE_MS);
    updateCell(this.#transactionCell(period, id), () => Buffer.from(user));
    for (const old of this.#periods().filter((one) => one <= period - PERIODS_KEPT))
      rmSync(join(this.#folder, "transactions", String(old)), { recursive: true, force: true });
  }

  /** The user of a transaction; null when there is none, or it was long ago. */
  userOfTransaction(id: string): string | null {
    if (!/^\d{20}$/.test(id)) return null;
    for (const period of this.#periods()) {
      const user = readCell(this.#transactionCell(period, id));
      if (user) return user.toString("utf8");
    }
    return null;
  }

  #complete(): void {
    if (this.#isComplete) return;
    const cell = this.#cell("index-version");
    if (readCell(cell)?.toString("utf8") !== VERSION) {
      for (const token of this.#all()) this.#put(token);
      updateCell(cell, () => Buffer.from(VERSION));
    }
    this.#isComplete = true;
  }

  #put(token: LabToken): void {
    const { user, serial } = token;
    if (token.kind === "promised")
      updateCell(this.#codeCell(token.code), () => Buffer.from(serial));
    updateCell(this.#ownerCell(user), (current) => {
      const serials = current ? decodeRecord<readonly string[]>(current) : [];
      return encodeRecord(serials.includes(serial) ? serials : [...serials, serial]);
    });
  }

  #periods(): number[] {
    return namesIn(join(this.#folder, "transactions"))
      .filter((name) => /^\d{1,12}$/.test(name))
      .map(Number);
  }

  #ownerCell(user: string): Cell {
    return this.#cell(join("owners", user));
  }

  /** Named by a hash: a code in a file's name could be read without the lab's key. */
  #codeCell(code: string): Cell {
    const name = createHash("sha256").update(code).digest("hex").slice(0, 32);
    return this.#cell(join("activations", name));
  }

  #transactionCell(period: number, id: string): Cell {
    return this.#cell(join("transactions", String(period), id));
  }
}
