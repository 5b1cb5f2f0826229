import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isDamage } from "#token/newer.ts";
import { type Secret, sameSecret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { decodeGrant, encodeGrant, grantCell } from "#vault/grants/grant-cell.ts";
import { type OwnedGrant, readGrants } from "#vault/grants/grant-list.ts";
import { removedCell } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { rotatingSeal } from "./record-seal.ts";

/**
 * How often sealing is retried after another process changed the grants of the token; in each round
 * another process made progress.
 */
const MAX_ROUNDS = 1_000;

/**
 * Seals a token's record under the key that the list of grants has for it, after that key was
 * written to every grant of the token.
 *
 * Why a grant keeps working when others are made or revoked at the same time: a process seals a
 * record under a key only after it has written the key to all grants that the list names with it,
 * and if the key is still listed after the process has read the record's generation. If another key
 * was listed meanwhile, the process either cannot create the next generation, or sees the other key
 * and starts again. At most one record under an older key can follow a newer key, from a process
 * that had read the list before. A grant therefore keeps all keys from the record's current one on,
 * and can open both.
 */
export function settleRecordKey(vault: Vault, id: string): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const cell = findCell(vault, id);
    const wanted = cell && listed(vault, id);
    // the token is gone, or no grant names it any more
    if (!cell || !wanted) return;
    const current = keyOf(vault, id, cell, wanted.recordKey);
    for (const grant of wanted.grants) tell(vault, grant, id, wanted.recordKey, current);
    if (seal(vault, id, cell, wanted.recordKey)) return;
  }
  throw new FobError(
    "unavailable",
    t`grants of the token ${id} are being made and revoked by too many processes`,
  );
}

interface Wanted {
  readonly recordKey: Secret;
  /** The grants that open the token. */
  readonly grants: readonly OwnedGrant[];
}

function listed(vault: Vault, id: string): Wanted | null {
  const { grants, recordKeys } = readGrants(vault);
  const recordKey = recordKeys.get(id);
  if (!recordKey) return null;
  return {
    recordKey,
    grants: grants.filter(({ isEnded, tokens }) => !isEnded && tokens.includes(id)),
  };
}

/** False when the list or the token's folder has changed. */
function seal(vault: Vault, id: string, cell: Cell, recordKey: Secret): boolean {
  const rotating = rotatingSeal(vault.vaultKey, vault.layout.vaultId, id, recordKey);
  const isFound = () => isSame(rotating.found(), recordKey);
  let isThere = false;
  const written = updateCell({ ...cell, seal: rotating }, (current) => {
    // the record was read: the key must still be the listed one
    isThere = current !== null && isSame(listed(vault, id)?.recordKey ?? null, recordKey);
    return isThere && !isFound() ? current : null;
  });
  return written !== null || (isThere && isFound());
}

function tell(
  vault: Vault,
  { id: grantId, key }: OwnedGrant,
  id: string,
  recordKey: Secret,
  current: Secret | null,
) {
  try {
    updateCell(grantCell(vault.layout, grantId, key), (value) => {
      // the grant is being made, or was revoked
      if (value === null) return null;
      const { grant, keys, logKey } = decodeGrant(value);
      const own = keys.find((one) => one.id === id);
      if (!own || own.recordKeys.some((known) => isSame(known, recordKey))) return null;
      const told = [recordKey, ...upTo(own.recordKeys, current)];
      return encodeGrant({
        grant,
        logKey,
        keys: keys.map((one) => (one === own ? { ...one, recordKeys: told } : one)),
      });
    });
  } catch (error) {
    // one damaged grant must not stop others from being made or revoked; doctor finds it
    if (!isDamage(error)) throw error;
  }
}

/** The keys up to the record's current one: no record can be sealed under an older key any more. */
function upTo(keys: readonly Secret[], current: Secret | null): readonly Secret[] {
  const at = keys.findIndex((key) => isSame(key, current));
  return at < 0 ? keys : keys.slice(0, at + 1);
}

/** The record's current key. */
function keyOf(vault: Vault, id: string, cell: Cell, wanted: Secret): Secret | null {
  const rotating = rotatingSeal(vault.vaultKey, vault.layout.vaultId, id, wanted);
  readCell({ ...cell, seal: rotating });
  return rotating.found();
}

/**
 * Removed tokens are searched too: a restored token must not have a key that a revoked grant knows.
 * Null for a token that is gone or unreadable.
 */
function findCell(vault: Vault, id: string): Cell | null {
  const [inUse, removed] = [vault.tokenCell(id), removedCell(vault, id)];
  // in use a second time: it may have been restored meanwhile
  return [inUse, removed, inUse].find(isReadable) ?? null;
}

function isReadable(cell: Cell): boolean {
  try {
    return readCell(cell) !== null;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

function isSame(one: Secret | null, other: Secret | null): boolean {
  return one !== null && other !== null && sameSecret(one, other);
}
