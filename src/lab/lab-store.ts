import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { CellCache } from "#vault/cells/cell-cache.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import { checksumSeal, encryptingSeal } from "#vault/cells/sealing.ts";
import { newKey } from "#vault/keys/keys.ts";
import { isSerial, type LabToken } from "./lab-token.ts";
import { type LabUser, userName } from "./lab-user.ts";
import { decodeRecord, encodeRecord } from "./record-text.ts";

/**
 * Everything that the lab remembers, in cells below `HOME/lab`: one for a user, one for a token
 * with its challenges. Several processes write at once, without locks, and see each other's writes
 * at the next look; a process killed at any point leaves the old value or the new one. What belongs
 * together changes together because it is one cell.
 */
export class LabStore {
  readonly folder: string;
  readonly #key: Secret;
  readonly #tokens = new CellCache<LabToken | null>();

  /**
   * Opens the lab of a home, which is made if there is none. Its key is a file of mode 0600 beside
   * the cells.
   */
  constructor(home: string) {
    this.folder = join(home, "lab");
    this.#key = onlyValue({ ...this.#cell("key"), seal: checksumSeal }, newKey);
  }

  /** The user of this name in its one spelling, or null. */
  user(name: string): LabUser | null {
    if (userName(name) !== name) return null;
    const bytes = readCell(this.#userCell(name));
    return bytes && decodeRecord<LabUser>(bytes);
  }

  /** All users, in the order of their names. */
  users(): LabUser[] {
    return this.#names("users").flatMap((name) => this.user(name) ?? []);
  }

  /** Writes a new user. Throws FobError `usage` when there is one of this name. */
  addUser(user: LabUser): void {
    const written = updateCell(this.#userCell(user.name), (current) =>
      current ? null : encodeRecord(user),
    );
    if (!written) throw new FobError("usage", t`there is a user ${user.name} already`);
  }

  /** Replaces a user by `change(user)`; null when there is none. Returns the user as written. */
  updateUser(name: string, change: (user: LabUser) => LabUser): LabUser | null {
    const bytes = updateCell(this.#userCell(name), (current) =>
      current ? encodeRecord(change(decodeRecord<LabUser>(current))) : null,
    );
    return bytes && decodeRecord<LabUser>(bytes);
  }

  /**
   * The token of this serial number, or null. One that did not change on disk is not read again.
   */
  token(serial: string): LabToken | null {
    if (!isSerial(serial)) return null;
    const cell = this.#tokenCell(serial);
    return this.#tokens.value(cell, () => {
      const bytes = readCell(cell);
      return bytes && decodeRecord<LabToken>(bytes);
    });
  }

  /** All tokens. */
  tokens(): LabToken[] {
    return this.#names("tokens").flatMap((serial) => this.token(serial) ?? []);
  }

  /** All tokens of a user. */
  tokensOf(user: string): LabToken[] {
    return this.tokens().filter((token) => token.user === user);
  }

  /** Writes a new token. */
  addToken(token: LabToken): void {
    const written = updateCell(this.#tokenCell(token.serial), (current) =>
      current ? null : encodeRecord(token),
    );
    if (!written)
      throw new FobError("internal", t`the serial number ${token.serial} was given out before`);
  }

  /**
   * Asks `decide` for the token's next state and for what that means, and again with the newer
   * token if another process was faster. The state is on the disk when this returns; where it is
   * null the token stays as it is. Null when there is no such token.
   */
  decide<Outcome>(
    serial: string,
    decide: (token: LabToken) => readonly [LabToken | null, Outcome],
  ): Outcome | null {
    if (!isSerial(serial)) return null;
    let outcome: Outcome | null = null;
    updateCell(this.#tokenCell(serial), (current) => {
      if (!current) return null;
      const [next, decided] = decide(decodeRecord<LabToken>(current));
      outcome = decided;
      return next && encodeRecord(next);
    });
    return outcome;
  }

  /**
   * A value that the lab has once and makes when it is first wanted, such as its signing key.
   * Sealed as everything else.
   */
  once(name: string, make: () => Buffer): Buffer {
    return onlyValue({ ...this.#cell(name), seal: encryptingSeal(this.#key) }, make);
  }

  /** Where the newest server of the lab listens; null when there never was one. */
  address(): string | null {
    return readCell(this.#addressCell())?.toString("utf8") ?? null;
  }

  /** Notes where a server listens, for the commands that make enrollment strings. */
  setAddress(url: string): void {
    updateCell(this.#addressCell(), () => Buffer.from(url));
  }

  #cell(name: string): Omit<Cell, "seal"> {
    return { folder: join(this.folder, name), identity: `lab/${name.replaceAll("\\", "/")}` };
  }

  #addressCell(): Cell {
    return { ...this.#cell("address"), seal: checksumSeal };
  }

  #userCell(name: string): Cell {
    return { ...this.#cell(join("users", name)), seal: encryptingSeal(this.#key) };
  }

  #tokenCell(serial: string): Cell {
    return { ...this.#cell(join("tokens", serial)), seal: encryptingSeal(this.#key) };
  }

  #names(kind: "users" | "tokens"): string[] {
    return namesIn(join(this.folder, kind)).sort();
  }
}

/** The value of a cell; the first reader creates it. */
function onlyValue(cell: Cell, make: () => Buffer): Buffer {
  const value = readCell(cell) ?? updateCell(cell, (current) => current ?? make());
  if (!value) throw new Error("a cell was written and has no value");
  return value;
}
