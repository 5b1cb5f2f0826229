import type { Look } from "#base/long-work.ts";
import { counterOf, joinCounters, raiseCounter } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import { unlessDamaged } from "#token/newer.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import type { TokenPlace } from "#vault/belongings/belongings-cell.ts";
import { type Cell, readCell } from "#vault/cells/cell.ts";
import { inTrash, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { secretOf } from "./passcodes.ts";
import { type IndexEntry, isCounting } from "./token-index.ts";
import {
  decodeRecord,
  fingerprintOf,
  isWiped,
  type TokenRecord,
  unguardedSecretKey,
  withCounter,
} from "./token-record.ts";

/**
 * The fingerprint of a record's secret. Null where the secret was wiped, and where a record of an
 * older fob keeps its secret behind a PIN.
 */
export function fingerprintIn(vault: Vault, record: TokenRecord): string | null {
  if (record.fingerprint !== null || record.guard || record.held || isWiped(record))
    return record.fingerprint;
  return usingSecret(vault, record, (secret) => fingerprintOf(secret, vault.vaultKey));
}

/**
 * What `use` makes of the secret of a token in use. Null for a token that is gone or damaged, and
 * where a PIN or a chip keeps the secret, or it was wiped.
 */
export function ofOpenSecret<T>(vault: Vault, id: string, use: (secret: Secret) => T): T | null {
  const record = readSound(vault, id);
  if (!record || record.guard || record.held || isWiped(record)) return null;
  return unlessDamaged(() => usingSecret(vault, record, use));
}

function usingSecret<T>(vault: Vault, record: TokenRecord, use: (secret: Secret) => T): T {
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const secret = secretOf(record, secretKey);
  const made = use(secret);
  forget(secret, secretKey);
  return made;
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

/** Whether wrong PINs have wiped a token. The index does not know that; only a PIN can. */
export function wasWiped(vault: Vault, { id, pin }: Pick<IndexEntry, "id" | "pin">): boolean {
  const record = pin === "user" ? readSound(vault, id) : null;
  return record !== null && isWiped(record);
}

/** {@link fingerprintIn}, or null for a record that is gone or damaged. */
export function soundFingerprint(vault: Vault, record: TokenRecord | null): string | null {
  return record && unlessDamaged(() => fingerprintIn(vault, record));
}

/** A token that can be read, in use or removed. */
interface SoundSecret {
  readonly place: TokenPlace;
  readonly id: string;
  readonly record: TokenRecord;
  readonly fingerprint: string;
}

/** Which tokens are read. */
interface Search {
  /** Those of the tokens in use; of the removed ones all. */
  readonly inUse: readonly Pick<IndexEntry, "id">[];
  /** Asked about each of them before it is read. */
  isWanted?(place: TokenPlace, id: string): boolean;
  readonly look: Look;
}

/**
 * Reads tokens one after the other. A token that cannot be read is skipped, and one whose
 * fingerprint is unknown.
 */
export async function* soundSecrets(
  vault: Vault,
  { inUse, isWanted = () => true, look }: Search,
): AsyncGenerator<SoundSecret> {
  const all: readonly (readonly [TokenPlace, readonly string[]])[] = [
    [vault, inUse.map(({ id }) => id)],
    [inTrash(vault), removedIds(vault)],
  ];
  for (const [place, ids] of all) {
    for (const id of ids) {
      await look();
      const record = isWanted(place, id) ? readSoundIn(place.tokenCell(id)) : null;
      const fingerprint = soundFingerprint(vault, record);
      if (record && fingerprint) yield { place, id, record, fingerprint };
    }
  }
}

/**
 * The joined counter of every secret in the vault whose {@link countingKey} is in `wanted`, of
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
  const search = { inUse: vault.entries().filter(isCounting), look };
  for await (const { record, fingerprint } of soundSecrets(vault, search)) {
    if (wanted.has(countingKey(fingerprint, record.token.credential)))
      noteCounter(highest, record, fingerprint);
  }
  return highest;
}

/** Joins the counter of a token, if it has one, with what is noted for its secret. */
function noteCounter(
  noted: Map<string, bigint>,
  { token: { credential } }: TokenRecord,
  fingerprint: string,
): void {
  const counter = counterOf(credential);
  const key = countingKey(fingerprint, credential);
  if (counter !== null)
    noted.set(key, joinCounters(credential.kind, noted.get(key) ?? 0n, counter));
}

/**
 * Raises the counters of tokens to those of the tokens that they replace (`ids`, in use or removed
 * already) with the same secret: one that was used meanwhile must not give its passcodes again.
 * Returns the tokens with the counters that they have now.
 */
export function goOnWhereReplacedAre<T extends Token>(
  vault: Vault,
  tokens: readonly T[],
  ids: readonly string[],
): T[] {
  const reached = new Map<string, bigint>();
  for (const id of ids) {
    for (const place of [vault, inTrash(vault)]) {
      const record = readSoundIn(place.tokenCell(id));
      if (!record || counterOf(record.token.credential) === null) continue;
      const fingerprint = soundFingerprint(vault, record);
      if (fingerprint) noteCounter(reached, record, fingerprint);
    }
  }
  return reached.size === 0 ? [...tokens] : tokens.map((token) => goOn(vault, token, reached));
}

function goOn<T extends Token>(vault: Vault, token: T, reached: ReadonlyMap<string, bigint>): T {
  if (counterOf(token.credential) === null) return token;
  const fingerprint = soundFingerprint(vault, readSound(vault, token.id));
  const counter = fingerprint && reached.get(countingKey(fingerprint, token.credential));
  if (!counter) return token;
  const raised = raiseCounter(token.credential, counter);
  if (raised === token.credential) return token;
  vault.update(token.id, (record) => withCounter(record, counter));
  return { ...token, credential: raised };
}

/** {@link readSound} of the cell of a token, in use or removed. */
function readSoundIn(cell: Cell): TokenRecord | null {
  return unlessDamaged(() => {
    const value = readCell(cell);
    return value && decodeRecord(value);
  });
}
