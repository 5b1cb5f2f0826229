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
import { OwnerIndex } from "./owner-index.ts";
import { decodeRecord, encodeRecord } from "./record-text.ts";

/** How many addresses are kept: of the servers of one home that may run at the same time. */
const MAX_ADDRESSES = 8;

/**
 * The lab's data, in cells below `HOME/lab`: one for each user, one for each token with its
 * challenges, and an index of who has which. Several processes may write without locks, and see
 * each other's writes at the next read. A process that is killed leaves the old value or the new
 * one. Data that must change together is in one cell.
 */
export class LabStore {
  readonly folder: string;
  readonly #key: Secret;
  readonly #tokens = new CellCache<LabToken | null>();
  readonly #owners: OwnerIndex;

  /**
   * Opens the lab of a home, and creates it if necessary. Its key is a file of mode 0600 beside the
   * cells.
   */
  constructor(home: string) {
    this.folder = join(home, "lab");
    this.#key = onlyValue({ ...this.#cell("key"), seal: checksumSeal }, newKey);
    this.#owners = new OwnerIndex(
      this.folder,
      (name) => this.#sealedCell(name),
      () => this.tokens(),
    );
  }

  /** The user with this canonical name, or null. */
  user(name: string): LabUser | null {
    if (userName(name) !== name) return null;
    const bytes = readCell(this.#userCell(name));
    return bytes && decodeRecord<LabUser>(bytes);
  }

  /** All users, sorted by name. */
  users(): LabUser[] {
    return this.#names("users").flatMap((name) => this.user(name) ?? []);
  }

  /** Writes a new user. Throws FobError `usage` when the name is taken. */
  addUser(user: LabUser): void {
    const written = updateCell(this.#userCell(user.name), (current) =>
      current ? null : encodeRecord(user),
    );
    if (!written) throw new FobError("usage", t`there is a user ${user.name} already`);
  }

  /** Replaces a user by `change(user)` and returns the new one; null when there is no such user. */
  updateUser(name: string, change: (user: LabUser) => LabUser): LabUser | null {
    const bytes = updateCell(this.#userCell(name), (current) =>
      current ? encodeRecord(change(decodeRecord<LabUser>(current))) : null,
    );
    return bytes && decodeRecord<LabUser>(bytes);
  }

  /** The token with this serial number, or null. Cached until it changes on disk. */
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
    if (userName(user) !== user) return [];
    const serials = this.#owners.serialsOf(user);
    const tokens = serials.flatMap((serial) => this.token(serial) ?? []);
    return tokens.filter((token) => token.user === user);
  }

  /** The token that was issued with an activation code, or null. */
  tokenOfCode(code: string): LabToken | null {
    const serial = this.#owners.serialOfCode(code);
    return serial === null ? null : this.token(serial);
  }

  /** Notes that a transaction asks a user: before the challenges are written. */
  addTransaction(id: string, user: string, now: Date): void {
    this.#owners.addTransaction(id, user, now.getTime());
  }

  /** The tokens that a transaction may have asked: those of its user; none when it was long ago. */
  tokensAskedBy(transaction: string): LabToken[] {
    const user = this.#owners.userOfTransaction(transaction);
    return user === null ? [] : this.tokensOf(user);
  }

  /** Writes a new token. Throws FobError `internal` when the serial number is taken. */
  addToken(token: LabToken): void {
    this.#owners.add(token);
    const written = updateCell(this.#tokenCell(token.serial), (current) =>
      current ? null : encodeRecord(token),
    );
    if (!written)
      throw new FobError("internal", t`the serial number ${token.serial} was given out before`);
  }

  /**
   * Changes a token atomically, but never its user: `decide` returns its next state (null:
   * unchanged) and an outcome, and is called again with the newer token if another process has
   * written first. Returns the outcome once the state is on disk; null when there is no such token.
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
   * A single value of the lab, such as its signing key, encrypted like all other data. `make`
   * creates it at first use.
   */
  once(name: string, make: () => Buffer): Buffer {
    return onlyValue(this.#sealedCell(name), make);
  }

  /** The addresses of the servers that were started last, the newest first. */
  addresses(): readonly string[] {
    return addressesIn(readCell(this.#addressCell()));
  }

  /** Stores the address of a server, for the commands that make enrollment strings. */
  addAddress(url: string): void {
    updateCell(this.#addressCell(), (current) => {
      const others = addressesIn(current).filter((one) => one !== url);
      return Buffer.from([url, ...others].slice(0, MAX_ADDRESSES).join("\n"));
    });
  }

  #cell(name: string): Omit<Cell, "seal"> {
    return { folder: join(this.folder, name), identity: `lab/${name.replaceAll("\\", "/")}` };
  }

  #addressCell(): Cell {
    return { ...this.#cell("address"), seal: checksumSeal };
  }

  #userCell(name: string): Cell {
    return this.#sealedCell(join("users", name));
  }

  #tokenCell(serial: string): Cell {
    return this.#sealedCell(join("tokens", serial));
  }

  #sealedCell(name: string): Cell {
    return { ...this.#cell(name), seal: encryptingSeal(this.#key) };
  }

  #names(kind: "users" | "tokens"): string[] {
    return namesIn(join(this.folder, kind)).sort();
  }
}

/** One a line; an earlier fob wrote one alone. */
function addressesIn(value: Buffer | null): string[] {
  return value ? value.toString("utf8").split("\n") : [];
}

/** The value of a cell; the first reader creates it with `make`. */
function onlyValue(cell: Cell, make: () => Buffer): Buffer {
  const value = readCell(cell) ?? updateCell(cell, (current) => current ?? make());
  if (!value) throw new Error("a cell was written and has no value");
  return value;
}
