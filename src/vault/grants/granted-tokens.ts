import { isClosedFile } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { type Grant, hasExpired } from "#token/grant.ts";
import { inListOrder } from "#token/list-order.ts";
import { isDamage, isOfNewer } from "#token/newer.ts";
import { forget, type Secret } from "#token/secret.ts";
import { type Cell, readCell } from "#vault/cells/cell.ts";
import { tokenCell, type VaultLayout } from "#vault/cells/layout.ts";
import { readHeader } from "#vault/keys/header.ts";
import { readRecord, updateRecord } from "#vault/tokens/record-cell.ts";
import { grantedSeal } from "#vault/tokens/record-seal.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import type { Vault } from "#vault/vault.ts";
import { decodeGrant, type GrantContent, type GrantedKeys, grantCell } from "./grant-cell.ts";
import { readGrants } from "./grant-list.ts";
import { grantKey, keyOfHalves, parseGrantSecret } from "./grant-secret.ts";

/** The tokens of one grant, which a script uses without the vault's key. */
export class GrantedTokens implements TokenStore {
  readonly layout: VaultLayout;
  readonly grant: Grant;
  /** What its uses are sealed to in the log of the vault; null for no log. */
  readonly logKey: Buffer | null;
  readonly #cell: Cell;
  readonly #clock: () => Date;

  /**
   * `cell` is the grant's cell, sealed under its key, with its content at opening. Throws FobError
   * `denied` when the grant has expired.
   */
  constructor(
    layout: VaultLayout,
    cell: Cell,
    { grant, logKey }: Pick<GrantContent, "grant" | "logKey">,
    clock: () => Date,
  ) {
    this.layout = layout;
    this.grant = grant;
    this.logKey = logKey;
    this.#cell = cell;
    this.#clock = clock;
    this.#refuseExpired();
  }

  entries(): IndexEntry[] {
    this.#refuseExpired();
    const trouble: FobError[] = [];
    const granted = this.grant.tokens.flatMap((id) => {
      try {
        return [this.read(id).token];
      } catch (error) {
        if (!(error instanceof FobError) || !isOfOneToken(error)) throw error;
        // removed or unreadable: the other tokens are still granted
        if (error.code !== "not-found") trouble.push(error);
        return [];
      }
    });
    const [first] = trouble;
    if (granted.length === 0 && first) throw first;
    return inListOrder(granted);
  }

  findExactly(query: string): IndexEntry | null {
    return this.entries().find(({ id, name }) => id === query || name === query) ?? null;
  }

  read(id: string): TokenRecord {
    // `push listen` may run longer than the grant lasts
    this.#refuseExpired();
    try {
      const record = readRecord(this.#tokenCell(id), id);
      if (!this.grant.confirm) return record;
      return { ...record, token: { ...record.token, confirm: "always" } };
    } catch (error) {
      // the token has a key that this grant does not have: the record looks damaged
      if (!isDamage(error)) throw error;
      throw new FobError("denied", t`the grant ${this.grant.label} no longer opens this token`, {
        cause: error,
      });
    }
  }

  update(id: string, change: (record: TokenRecord) => TokenRecord): void {
    updateRecord(this.#tokenCell(id), id, change);
  }

  /** False: a grant does not count as a PIN, so that access domain 02 refuses. */
  isPinGiven(): boolean {
    return false;
  }

  /** A grant has keys of secrets, and the chip gives it none. */
  chip(): never {
    throw new FobError("denied", t`the grant ${this.grant.label} does not open what a TPM holds`);
  }

  async secretKey({ token }: TokenRecord): Promise<Secret> {
    refuseByDomain(token, this.isPinGiven());
    return Buffer.from(this.#keysOf(token.id).secretKey);
  }

  #refuseExpired(): void {
    if (hasExpired(this.grant, this.#clock()))
      throw new FobError("denied", t`the grant ${this.grant.label} has expired`);
  }

  #tokenCell(id: string): Cell {
    return tokenCell(
      this.layout,
      id,
      grantedSeal(() => this.#keysOf(id).recordKeys),
    );
  }

  /**
   * The keys that the grant has now: a token gets a new one whenever another grant of it is made or
   * revoked.
   */
  #keysOf(id: string): GrantedKeys {
    const value = readSealed(this.#cell);
    if (value === null) throw new FobError("denied", t`the grant ${this.grant.label} was revoked`);
    const keys = decodeGrant(value).keys.find((one) => one.id === id);
    if (keys) return keys;
    throw new FobError("denied", t`the grant ${this.grant.label} does not name the token ${id}`);
  }
}

/**
 * The tokens that FOB_GRANT opens below `home`. Throws FobError `denied` for a grant that was
 * revoked, has expired, or belongs to another vault; `locked` for one of which the vault keeps a
 * half, because only an agent asks a person and has that half.
 */
export function openGrant(home: string, text: string, clock: () => Date): GrantedTokens {
  const secret = parseGrantSecret(text);
  const header = readHeader(home);
  if (!header) throw new FobError("not-found", t("there is no vault for FOB_GRANT to open"));
  if (secret.isHalf) throw needsAgent();
  const key = grantKey(secret);
  forget(secret.secret);
  return openWith({ home, vaultId: header.id }, secret.id, key, clock);
}

/**
 * The tokens of a grant of which this vault keeps a half. Throws FobError `denied` as
 * {@link openGrant} does, and for a grant whose secret is whole.
 */
export function openConfirmedGrant(
  vault: Pick<Vault, "layout" | "vaultKey">,
  text: string,
  clock: () => Date,
): GrantedTokens {
  const secret = parseGrantSecret(text);
  const owned = readGrants(vault).grants.find(({ id }) => id === secret.id);
  if (!secret.isHalf || !owned?.otherHalf) throw unknownGrant();
  const key = keyOfHalves(secret, owned.otherHalf);
  forget(secret.secret, owned.otherHalf);
  return openWith(vault.layout, secret.id, key, clock);
}

/** The error for a grant that asks a person, where no agent holds the vault. */
export function needsAgent(): FobError {
  return new FobError("locked", t("this grant asks a person, and no agent holds the vault"), {
    hint: t("`fob unlock` starts the agent, which asks"),
  });
}

function openWith(layout: VaultLayout, id: string, key: Secret, clock: () => Date): GrantedTokens {
  const cell = grantCell(layout, id, key);
  const value = readSealed(cell);
  if (value === null) throw unknownGrant();
  return new GrantedTokens(layout, cell, decodeGrant(value), clock);
}

function unknownGrant(): FobError {
  return new FobError("denied", t("the grant was revoked, or is of another vault"), {
    hint: t("`fob access grant` makes one"),
  });
}

/** With a wrong secret the cell looks damaged. */
function readSealed(cell: Cell): Buffer | null {
  try {
    return readCell(cell);
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}

/** Whether an error concerns one token only, and not the others of a grant. */
function isOfOneToken(error: FobError): boolean {
  return (
    error.code === "not-found" || error.code === "denied" || isOfNewer(error) || isClosedFile(error)
  );
}
