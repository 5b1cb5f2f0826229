import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Grant, hasExpired } from "#token/grant.ts";
import { isDamage } from "#token/newer.ts";
import { forget, type Secret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { namesIn } from "#vault/cells/folder-error.ts";
import { grantsFolder } from "#vault/cells/layout.ts";
import { newKey } from "#vault/keys/keys.ts";
import { settleRecordKey } from "#vault/tokens/record-keys.ts";
import { putAside } from "#vault/trash/aside.ts";
import { havePassed, lookAtClock } from "#vault/trash/calendar.ts";
import { discard, finishDiscarding } from "#vault/trash/discarding.ts";
import { RESTORABLE_DAYS } from "#vault/trash/removal.ts";
import { publicLogKey } from "#vault/uses/use-sealing.ts";
import type { Vault } from "#vault/vault.ts";
import { encodeGrant, type GrantedKeys, grantCell } from "./grant-cell.ts";
import {
  type GrantList,
  listCell,
  type OwnedGrant,
  readGrants,
  updateGrants,
} from "./grant-list.ts";
import { formatGrantSecret, grantKey, keyOfHalves, newGrantSecret } from "./grant-secret.ts";

/**
 * Making a grant takes less than this, in milliseconds. Its cell is written after its entry in the
 * list.
 */
const MAKING_MS = 60_000;

/** The name of a grant's folder, in this version and older ones. Other names are not from fob. */
const GRANT_FOLDER = /^([0-9a-f]{16}|[0-9a-f]{32})$/;

/**
 * A token that a grant will open, with the key of its secret: the caller has shown that it can open
 * it.
 */
export interface GrantedToken {
  readonly id: string;
  readonly secretKey: Secret;
}

/** A grant of the list. */
export interface ListedGrant extends Grant {
  /** Whether it opens nothing any more, though not all of its tokens have new keys. */
  readonly isEnded: boolean;
}

/**
 * The vault's grants, oldest first, including expired ones. Throws FobError `invalid` when their
 * list is damaged.
 */
export function listGrants(vault: Vault): ListedGrant[] {
  return readGrants(vault).grants.map(withoutKey);
}

/**
 * Makes a grant: the returned text alone opens its tokens, without keychain, PIN or agent; where a
 * person is to `confirm` each use, only together with the half of its key in the list of grants.
 * Throws FobError `usage` when an unexpired grant has this label already.
 */
export function createGrant(
  vault: Vault,
  about: Pick<Grant, "label" | "rights" | "createdAt" | "expiresAt" | "confirm">,
  tokens: readonly GrantedToken[],
): { readonly grant: Grant; readonly secret: string } {
  endNamesake(vault, about);
  const secret = newGrantSecret(about.confirm);
  const otherHalf = about.confirm ? newKey() : null;
  const key = otherHalf ? keyOfHalves(secret, otherHalf) : grantKey(secret);
  const grant: Grant = { id: secret.id, ...about, tokens: tokens.map(({ id }) => id) };
  // listed first: if the rest is interrupted, the owner can see and revoke the grant
  updateGrants(vault, ({ grants, recordKeys }) => {
    if (grants.some(({ label }) => label === grant.label)) {
      throw new FobError(
        "usage",
        t`there is a grant called ${JSON.stringify(grant.label)} already`,
      );
    }
    const keys = new Map(recordKeys);
    for (const { id } of tokens) keys.set(id, keys.get(id) ?? newKey());
    return {
      grants: [...grants, { ...grant, key, otherHalf, isEnded: false, vouchedAtExpiry: null }],
      recordKeys: keys,
    };
  });
  const logKey = publicLogKey(vault.vaultKey, vault.layout.vaultId);
  const keys: GrantedKeys[] = tokens.map(({ id, secretKey }) => ({
    id,
    recordKeys: [],
    secretKey,
  }));
  updateCell(grantCell(vault.layout, grant.id, key), () => encodeGrant({ grant, keys, logKey }));
  for (const { id } of tokens) settleRecordKey(vault, id);
  const text = formatGrantSecret(secret);
  forget(key, otherHalf, secret.secret);
  return { grant, secret: text };
}

/**
 * Revokes a grant. Its tokens get new keys, so that its secret opens nothing even with a copy of
 * its file. Throws FobError `not-found`; `unavailable` or `invalid` where a token could not get its
 * key: the grant stays listed as ended, and revoking it again does what is left.
 */
export function revokeGrant(vault: Vault, label: string): ListedGrant {
  const grant = listGrants(vault).find((one) => one.label === label);
  if (!grant) throw new FobError("not-found", t`there is no grant called ${JSON.stringify(label)}`);
  endGrant(vault, grant.id);
  return grant;
}

/**
 * Deletes the grants that expired thirty days ago by clock and calendar: with a clock that runs
 * ahead a grant refuses, but must not be deleted. Updates the calendar while there is an expired
 * grant. Throws FobError where list or calendar cannot be used.
 */
export function endExpiredGrants(vault: Vault, now: Date): void {
  const { grants } = readGrants(vault);
  if (!grants.some((grant) => hasExpired(grant, now) || grant.vouchedAtExpiry !== null)) return;
  const { vouched } = lookAtClock(vault, now);
  const noted = (grant: OwnedGrant) => ({
    ...grant,
    vouchedAtExpiry: vouchedAtExpiry(grant, now, vouched),
  });
  if (grants.some((grant) => noted(grant).vouchedAtExpiry !== grant.vouchedAtExpiry))
    updateGrants(vault, (list) => ({ ...list, grants: list.grants.map(noted) }));
  for (const { id } of grants.map(noted).filter((grant) => isLongOver(grant, now, vouched)))
    endGrant(vault, id);
}

/**
 * With a clock that ran ahead a grant may have looked expired too early: the count starts again
 * when it really expires.
 */
function vouchedAtExpiry(grant: OwnedGrant, now: Date, vouched: number): number | null {
  return hasExpired(grant, now) ? Math.min(grant.vouchedAtExpiry ?? vouched, vouched) : null;
}

function isLongOver(
  { expiresAt, vouchedAtExpiry }: OwnedGrant,
  now: Date,
  vouched: number,
): boolean {
  if (expiresAt === null || vouchedAtExpiry === null) return false;
  return havePassed(RESTORABLE_DAYS, { at: expiresAt, vouched: vouchedAtExpiry }, now, vouched);
}

/** The cells of all grants, and of the list of them. */
export function grantCells(vault: Vault): Cell[] {
  const own = ownedGrants(vault).map(({ id, key }) => grantCell(vault.layout, id, key));
  return [listCell(vault), ...own];
}

/** The damage in the grants of a vault. */
export interface GrantDamage {
  /** Why the list of grants cannot be read; null when it can. */
  readonly list: string | null;
  /**
   * Grants that open nothing: their cell is missing or damaged, or revoking them was interrupted.
   */
  readonly dead: readonly Grant[];
}

/**
 * Examines the grants. Throws FobError where a newer fob wrote the list: nothing is damaged then.
 */
export function examineGrants(vault: Vault, now: Date): GrantDamage {
  try {
    const dead = readGrants(vault).grants.filter((grant) => isDead(vault, grant, now));
    return { list: null, dead: dead.map(withoutKey) };
  } catch (error) {
    if (isDamage(error)) return { list: error.message, dead: [] };
    throw error;
  }
}

/**
 * Revokes the grants that open nothing. Where the list is damaged, it is unknown which grants
 * exist: all are revoked, and every token in `ids` gets a new key.
 */
export function mendGrants(
  vault: Vault,
  { list, dead }: GrantDamage,
  ids: readonly string[],
): void {
  const failures = dead.flatMap(({ id }) => failureOf(() => endGrant(vault, id)));
  if (failures[0]) throw failures[0];
  if (list === null) return;
  putAside(vault.layout.home, listCell(vault).folder, "grant-list");
  for (const folder of grantFolders(vault)) discard(folder);
  // a stand-in for all grants of the lost list: revoking it can be resumed after an interruption
  const lost: OwnedGrant = {
    ...{ id: randomBytes(8).toString("hex"), label: t("lost grants"), rights: [], tokens: ids },
    ...{
      createdAt: new Date(0),
      expiresAt: null,
      confirm: false,
      key: newKey(),
      otherHalf: null,
      isEnded: false,
      vouchedAtExpiry: null,
    },
  };
  updateGrants(vault, ({ grants, ...rest }) => ({ ...rest, grants: [...grants, lost] }));
  endGrant(vault, lost.id);
}

function endGrant(vault: Vault, id: string): void {
  let ended: OwnedGrant | null = null;
  updateGrants(vault, (list) => {
    ended = list.grants.find((grant) => grant.id === id) ?? null;
    return ended ? withEnded(list, ended) : list;
  });
  const { key, tokens } = (ended as OwnedGrant | null) ?? { key: null, tokens: [] };
  if (key === null) return;
  discard(grantCell(vault.layout, id, key).folder);
  const [first, ...more] = tokens.flatMap((token): NotRenewed[] =>
    failureOf(() => settleRecordKey(vault, token)).map((error) => ({ id: token, error })),
  );
  // the grant stays listed as ended, so that what is left can be done later
  if (first) throw notRenewed(vault, [first, ...more]);
  updateGrants(vault, ({ grants, ...rest }) => ({
    ...rest,
    grants: grants.filter((grant) => grant.id !== id),
  }));
}

/** A token that kept the key that an ended grant knows. */
interface NotRenewed {
  readonly id: string;
  readonly error: FobError;
}

function notRenewed(vault: Vault, left: readonly [NotRenewed, ...NotRenewed[]]): FobError {
  const names = new Map(vault.entries().map(({ id, name }) => [id, name]));
  const tokens = left.map(({ id }) => names.get(id) ?? id).join(", ");
  const [{ error }] = left;
  return new FobError(
    error.code,
    t`the grant has ended, but an older copy of the vault opens ${tokens} with it: ${error.message}`,
    { hint: t("the same command gives them new keys once that is mended"), cause: error },
  );
}

/** The error of `act`, so that what follows is done all the same; nothing where there is none. */
function failureOf(act: () => void): FobError[] {
  try {
    act();
    return [];
  } catch (error) {
    if (error instanceof FobError) return [error];
    throw error;
  }
}

/**
 * After this write the grant gets no keys any more, and its tokens are to have keys that it does
 * not know.
 */
function withEnded({ grants, recordKeys }: GrantList, ended: OwnedGrant): GrantList {
  if (ended.isEnded) return { grants, recordKeys };
  const keys = new Map(recordKeys);
  for (const id of ended.tokens) keys.set(id, newKey());
  return {
    grants: grants.map((grant) => (grant === ended ? { ...grant, isEnded: true } : grant)),
    recordKeys: keys,
  };
}

/** A new grant replaces an expired one with the same label. */
function endNamesake(
  vault: Vault,
  { label, createdAt: now }: Pick<Grant, "label" | "createdAt">,
): void {
  const namesake = readGrants(vault).grants.find((grant) => grant.label === label);
  if (namesake && (namesake.isEnded || hasExpired(namesake, now))) endGrant(vault, namesake.id);
}

function isDead(vault: Vault, { id, key, isEnded, createdAt }: OwnedGrant, now: Date): boolean {
  if (isEnded) return true;
  try {
    return (
      readCell(grantCell(vault.layout, id, key)) === null &&
      Math.abs(now.getTime() - createdAt.getTime()) > MAKING_MS
    );
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}

/** None where the list cannot be read; the callers do not need them then. */
function ownedGrants(vault: Vault): readonly OwnedGrant[] {
  try {
    return readGrants(vault).grants;
  } catch (error) {
    if (error instanceof FobError) return [];
    throw error;
  }
}

function grantFolders({ layout }: Vault): string[] {
  const folder = grantsFolder(layout);
  if (!existsSync(folder)) return [];
  finishDiscarding(folder);
  return namesIn(folder)
    .filter((name) => GRANT_FOLDER.test(name))
    .map((name) => join(folder, name));
}

function withoutKey({
  key,
  otherHalf,
  vouchedAtExpiry: _vouchedAtExpiry,
  ...grant
}: OwnedGrant): ListedGrant {
  forget(key, otherHalf);
  return grant;
}
