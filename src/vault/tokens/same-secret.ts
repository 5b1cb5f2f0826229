import type { Look } from "#base/long-work.ts";
import { counterOf } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import { isDamage } from "#token/newer.ts";
import { forget } from "#token/secret.ts";
import { type Cell, readCell } from "#vault/cells/cell.ts";
import { removedCell, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { secretOf } from "./passcodes.ts";
import { isCounting } from "./token-index.ts";
import {
  decodeRecord,
  fingerprintOf,
  isWiped,
  type TokenRecord,
  unguardedSecretKey,
} from "./token-record.ts";

/**
 * What tells the secret of a record again; null behind a PIN in a record of an older fob, and where
 * it was wiped.
 */
export function fingerprintIn(vault: Vault, record: TokenRecord): string | null {
  if (record.fingerprint !== null || record.guard || isWiped(record)) return record.fingerprint;
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const secret = secretOf(record, secretKey);
  const fingerprint = fingerprintOf(secret, vault.vaultKey);
  forget(secret, secretKey);
  return fingerprint;
}

/** Tells tokens of one secret and one kind: two kinds may count on their own. */
export function countingKey(fingerprint: string, { kind }: Pick<Credential, "kind">): string {
  return `${kind} ${fingerprint}`;
}

/**
 * Whether a token in use has the secret of this fingerprint; false where nobody can tell: it is
 * gone or damaged, or an older fob put it behind a PIN.
 */
export function holdsSecret(vault: Vault, id: string, fingerprint: string): boolean {
  return soundFingerprint(vault, readSound(vault, id)) === fingerprint;
}

/** A token in use; null for one that is gone, and for what is damaged: `doctor` tells of that. */
export function readSound(vault: Vault, id: string): TokenRecord | null {
  return readIn(vault.tokenCell(id));
}

/** {@link fingerprintIn}, or null for a record that is gone or damaged. */
export function soundFingerprint(vault: Vault, record: TokenRecord | null): string | null {
  return record && unlessDamaged(() => fingerprintIn(vault, record));
}

/**
 * The highest counter of every secret in the vault that `wanted` has as a {@link countingKey},
 * whether its token is in use or was removed: a secret that is enrolled again must not give its
 * passcodes again. A token that cannot be read does not count.
 */
export async function highestCounters(
  vault: Vault,
  wanted: ReadonlySet<string>,
  look: Look,
): Promise<ReadonlyMap<string, bigint>> {
  const highest = new Map<string, bigint>();
  if (wanted.size === 0) return highest;
  for (const cell of countingCells(vault)) {
    await look();
    const record = readIn(cell);
    const counter = record && counterOf(record.token.credential);
    const fingerprint = soundFingerprint(vault, record);
    if (!record || counter === null || !fingerprint) continue;
    const key = countingKey(fingerprint, record.token.credential);
    if (wanted.has(key) && counter > (highest.get(key) ?? -1n)) highest.set(key, counter);
  }
  return highest;
}

function countingCells(vault: Vault) {
  const used = vault.entries().filter(isCounting);
  return [
    ...used.map(({ id }) => vault.tokenCell(id)),
    ...removedIds(vault).map((id) => removedCell(vault, id)),
  ];
}

function readIn(cell: Cell): TokenRecord | null {
  return unlessDamaged(() => {
    const value = readCell(cell);
    return value && decodeRecord(value);
  });
}

function unlessDamaged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}
