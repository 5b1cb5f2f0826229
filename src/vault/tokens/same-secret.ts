import type { Look } from "#base/long-work.ts";
import { counterOf, joinCounters } from "#token/counter.ts";
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
 * The fingerprint of a record's secret. Null where the secret was wiped, and where a record of an
 * older fob keeps its secret behind a PIN.
 */
export function fingerprintIn(vault: Vault, record: TokenRecord): string | null {
  if (record.fingerprint !== null || record.guard || record.held || isWiped(record))
    return record.fingerprint;
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const secret = secretOf(record, secretKey);
  const fingerprint = fingerprintOf(secret, vault.vaultKey);
  forget(secret, secretKey);
  return fingerprint;
}

/**
 * Identifies tokens with the same secret and kind: tokens of different kinds may count separately.
 */
export function countingKey(fingerprint: string, { kind }: Pick<Credential, "kind">): string {
  return `${kind} ${fingerprint}`;
}

/**
 * Whether a token in use has the secret with this fingerprint. False where that is unknown: the
 * token is gone or damaged, or an older fob put it behind a PIN.
 */
export function holdsSecret(vault: Vault, id: string, fingerprint: string): boolean {
  return soundFingerprint(vault, readSound(vault, id)) === fingerprint;
}

/** The record of a token in use; null for one that is gone or damaged (`doctor` reports damage). */
export function readSound(vault: Vault, id: string): TokenRecord | null {
  return readSoundIn(vault.tokenCell(id));
}

/** {@link fingerprintIn}, or null for a record that is gone or damaged. */
export function soundFingerprint(vault: Vault, record: TokenRecord | null): string | null {
  return record && unlessDamaged(() => fingerprintIn(vault, record));
}

/**
 * The highest counter of every secret in the vault whose {@link countingKey} is in `wanted`, of
 * tokens in use and removed ones: a secret that is enrolled again must not give the same passcodes
 * again. A token that cannot be read is skipped.
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
    const record = readSoundIn(cell);
    const counter = record && counterOf(record.token.credential);
    const fingerprint = soundFingerprint(vault, record);
    if (!record || counter === null || !fingerprint) continue;
    const key = countingKey(fingerprint, record.token.credential);
    if (!wanted.has(key)) continue;
    highest.set(key, joinCounters(record.token.credential.kind, highest.get(key) ?? 0n, counter));
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

/** {@link readSound} of the cell of a token, in use or removed. */
export function readSoundIn(cell: Cell): TokenRecord | null {
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
