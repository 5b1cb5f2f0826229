import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isDamage } from "#token/newer.ts";
import { type Secret, sameSecret } from "#token/secret.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { decodeGrant, encodeGrant, grantCell } from "#vault/grants/grant-cell.ts";
import { type OwnedGrant, readGrants } from "#vault/grants/grant-list.ts";
import { removedCell } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { rotatingSeal } from "./token-record.ts";

/**
 * Rounds of losing against others who make and revoke grants of a token; each round somebody else
 * made progress.
 */
const MAX_ROUNDS = 1_000;

/**
 * Seals a token's record under the key that the list of grants has for it, which every grant of the
 * token is told before.
 *
 * Why no grant dies of others that are made or revoked at the same time: a record is sealed under a
 * key only by a process that has told it to all grants that the list names with it, and that finds
 * the key still listed after it has read the record's generation. Whoever was overtaken by another
 * key therefore cannot create the next generation, or finds the other key and begins anew. At most
 * one record of an older key can come after a newer key was listed, from whoever had read before; a
 * grant keeps the keys that it was told since the one that the record has, so that it opens both.
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
  /** The grants that are to open the token. */
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

/** False when the list or the place of the token has changed. */
function seal(vault: Vault, id: string, cell: Cell, recordKey: Secret): boolean {
  const rotating = rotatingSeal(vault.vaultKey, vault.layout.vaultId, id, recordKey);
  const isFound = () => isSame(rotating.found(), recordKey);
  let isThere = false;
  const written = updateCell({ ...cell, seal: rotating }, (current) => {
    // the record was read: what is asked now is whether the key is still the one to use
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
      // being made, or revoked
      if (value === null) return null;
      const { grant, keys } = decodeGrant(value);
      const own = keys.find((one) => one.id === id);
      if (!own || own.recordKeys.some((known) => isSame(known, recordKey))) return null;
      const told = [recordKey, ...upTo(own.recordKeys, current)];
      return encodeGrant({
        grant,
        keys: keys.map((one) => (one === own ? { ...one, recordKeys: told } : one)),
      });
    });
  } catch (error) {
    // one damaged grant must not keep the others from being made and revoked; doctor finds it
    if (!isDamage(error)) throw error;
  }
}

/**
 * The keys up to the one that the record has: what was told before that can seal no record any
 * more.
 */
function upTo(keys: readonly Secret[], current: Secret | null): readonly Secret[] {
  const at = keys.findIndex((key) => isSame(key, current));
  return at < 0 ? keys : keys.slice(0, at + 1);
}

/** The key that the record has now. */
function keyOf(vault: Vault, id: string, cell: Cell, wanted: Secret): Secret | null {
  const rotating = rotatingSeal(vault.vaultKey, vault.layout.vaultId, id, wanted);
  readCell({ ...cell, seal: rotating });
  return rotating.found();
}

/**
 * A removed token may come back, and must not do so with a key that a revoked grant knows. Null for
 * one that is gone, or that nobody can read.
 */
function findCell(vault: Vault, id: string): Cell | null {
  const [inUse, removed] = [vault.tokenCell(id), removedCell(vault, id)];
  // looked for again in the first place: it may have been restored meanwhile
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
