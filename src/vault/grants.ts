import { rmSync } from "node:fs";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { type Grant, hasExpired } from "../token/grant.ts";
import { forget, type Secret } from "../token/secret.ts";
import { type Cell, readCell, updateCell } from "./cell.ts";
import { decodeGrant, encodeGrant, type GrantedKeys, type GrantJson, grantCell, reviveGrant } from "./grant-cell.ts";
import { formatGrantSecret, grantKey, newGrantSecret } from "./grant-secret.ts";
import { newKey } from "./keys.ts";
import { grantListCell } from "./layout.ts";
import { removedCell, removedIds } from "./removal.ts";
import { encryptingSeal } from "./sealing.ts";
import { rotatingSeal } from "./token-record.ts";
import type { Vault } from "./vault.ts";

/** How many keys of a token a grant keeps, the newest first: somebody may be reading what an older one sealed. */
const KEPT_KEYS = 4;

/** A token that a grant is to open, with the key of its secret, which proves that the caller could open it. */
export interface GrantedToken {
  readonly id: string;
  readonly secretKey: Secret;
}

/** The owner's view of a grant: what it is about, and the key of its cell, so that its tokens can get new keys. */
interface OwnedGrant extends Grant {
  readonly key: Secret;
}

/** The vault's grants, oldest first; those that have expired as well. */
export function listGrants(vault: Vault): Grant[] {
  return ownedGrants(vault).map(({ key, ...grant }) => {
    forget(key);
    return grant;
  });
}

/**
 * Makes a grant: its tokens open with the returned text alone, without keychain, PIN or agent. Throws FobError `usage` when there is
 * one of this label already.
 */
export function createGrant(
  vault: Vault,
  about: Pick<Grant, "label" | "rights" | "createdAt" | "expiresAt">,
  tokens: readonly GrantedToken[],
): { readonly grant: Grant; readonly secret: string } {
  const secret = newGrantSecret();
  const key = grantKey(secret);
  const grant: Grant = { id: secret.id, ...about, tokens: tokens.map(({ id }) => id) };
  // known to the owner first: what follows may be interrupted, and must be revocable
  updateGrants(vault, (grants) => {
    if (grants.some(({ label }) => label === grant.label)) {
      throw new FobError("usage", t`there is a grant called ${JSON.stringify(grant.label)} already`);
    }
    return [...grants, { ...grant, key }];
  });
  const keys: GrantedKeys[] = tokens.map(({ id, secretKey }) => ({ id, recordKeys: [], secretKey }));
  updateCell(grantCell(vault.layout, grant.id, key), () => encodeGrant({ grant, keys }));
  for (const { id } of tokens) renewRecordKey(vault, id);
  const text = formatGrantSecret(secret);
  forget(key, secret.secret);
  return { grant, secret: text };
}

/**
 * Ends a grant. Its tokens get new keys, so that its secret opens nothing even for somebody who kept a copy of its file. Throws FobError
 * `not-found`.
 */
export function revokeGrant(vault: Vault, label: string): Grant {
  const grant = listGrants(vault).find((one) => one.label === label);
  if (!grant) throw new FobError("not-found", t`there is no grant called ${JSON.stringify(label)}`);
  endGrant(vault, grant);
  return grant;
}

/** Ends the grants whose time is over. */
export function endExpiredGrants(vault: Vault, now: Date): void {
  for (const grant of listGrants(vault)) if (hasExpired(grant, now)) endGrant(vault, grant);
}

/** The cells of all grants, and of the list of them. */
export function grantCells(vault: Vault): Cell[] {
  const own = ownedGrants(vault).map(({ id, key }) => grantCell(vault.layout, id, key));
  return [listCell(vault), ...own];
}

function endGrant(vault: Vault, grant: Grant): void {
  rmSync(grantCell(vault.layout, grant.id, vault.vaultKey).folder, { recursive: true, force: true });
  for (const id of grant.tokens) renewRecordKey(vault, id);
  // forgotten last: when this is interrupted, it can be asked for again
  updateGrants(vault, (grants) => grants.filter(({ id }) => id !== grant.id));
}

/**
 * Gives a token a new record key, known to the vault and to every grant that names the token, and to nobody else. A grant learns the
 * new key before the token has it and keeps the old one, so that it opens the token at every moment.
 */
function renewRecordKey(vault: Vault, id: string): void {
  const cell = cellOf(vault, id);
  if (!cell) return;
  const recordKey = newKey();
  const told = new Set<string>();
  const tellGrants = () => {
    for (const grant of ownedGrants(vault)) {
      if (grant.tokens.includes(id) && !told.has(grant.id)) tellGrant(vault, grant, id, recordKey);
      told.add(grant.id);
      forget(grant.key);
    }
  };
  tellGrants();
  updateCell(
    { ...cell, seal: rotatingSeal(vault.vaultKey, vault.layout.vaultId, id, recordKey) },
    (current) => current,
  );
  // one that was made meanwhile may have told its cell an older key
  tellGrants();
  forget(recordKey);
}

function tellGrant(vault: Vault, { id: grantId, key }: OwnedGrant, id: string, recordKey: Secret): void {
  updateCell(grantCell(vault.layout, grantId, key), (current) => {
    if (current === null) return null;
    const { grant, keys } = decodeGrant(current);
    const renewed = keys.map((own) =>
      own.id === id ? { ...own, recordKeys: [recordKey, ...own.recordKeys].slice(0, KEPT_KEYS) } : own,
    );
    return encodeGrant({ grant, keys: renewed });
  });
}

/** A removed token may come back, and must not do so with a key that a revoked grant knows. */
function cellOf(vault: Vault, id: string): Cell | null {
  const candidates = [vault.tokenCell(id), ...(removedIds(vault).includes(id) ? [removedCell(vault, id)] : [])];
  return candidates.find((cell) => readCell(cell) !== null) ?? null;
}

type OwnedGrantJson = GrantJson & { readonly key: string };

function ownedGrants(vault: Vault): OwnedGrant[] {
  return decodeGrants(readCell(listCell(vault)));
}

function updateGrants(vault: Vault, change: (grants: readonly OwnedGrant[]) => readonly OwnedGrant[]): void {
  updateCell(listCell(vault), (current) => encodeGrants(change(decodeGrants(current))));
}

function listCell(vault: Vault): Cell {
  return grantListCell(vault.layout, encryptingSeal(vault.vaultKey));
}

function encodeGrants(grants: readonly OwnedGrant[]): Buffer {
  return Buffer.from(JSON.stringify(grants.map(({ key, ...grant }) => ({ ...grant, key: key.toString("base64") }))));
}

function decodeGrants(value: Buffer | null): OwnedGrant[] {
  if (value === null) return [];
  return JSON.parse(value.toString()).map(({ key, ...grant }: OwnedGrantJson) => ({
    ...reviveGrant(grant),
    key: Buffer.from(key, "base64"),
  }));
}
