import { FobError } from "#base/fob-error.ts";
import type { Look } from "#base/long-work.ts";
import { unlessDamaged } from "#token/newer.ts";
import { forget, type Secret } from "#token/secret.ts";
import { soundFingerprint } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { isWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import { inTrash } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { unguardedBelongingsKey } from "./belongings-key.ts";
import { codesGiven, givenElsewhere } from "./codes-given.ts";
import { codesLeft } from "./codes-left.ts";
import {
  type ApartSibling,
  codesOfAccount,
  givenBySiblings,
  subjectOf,
} from "./codes-of-account.ts";
import { codesOf, letCodesGo, markUsed, ownCodesOf, type StoredCode } from "./recovery-codes.ts";

/** What becomes of the recovery codes of a token that is restored. */
export interface RestoredCodes {
  /** How many another token has now, or has given. */
  readonly passedOn: number;
  /** The tokens in use whose codes could not be compared with them. */
  readonly apart: readonly ApartSibling[];
}

/**
 * Takes recovery codes from a removed token that others have or have given, before it is restored:
 * no code is given twice. Those that a copy of it has given are used.
 */
export async function settleRestored(
  vault: Vault,
  removed: TokenRecord,
  { now, look }: { readonly now: Date; readonly look: Look },
): Promise<RestoredCodes> {
  const { id } = removed.token;
  const trash = inTrash(vault);
  const isLeft = ({ usedAt }: StoredCode) => usedAt === null;
  if (!codesOf(trash, id).some(isLeft)) return { passedOn: 0, apart: [] };
  markUsed(trash, id, await codesGiven(vault, soundFingerprint(vault, removed), look));
  const left = codesOf(trash, id).filter(isLeft);
  if (left.length === 0) return { passedOn: 0, apart: [] };
  const { elsewhere, apart } = await lookElsewhere(vault, removed, now);
  const passedOn = left.flatMap((code) => {
    const usedAt = elsewhere(code);
    return usedAt === null ? [] : { ...code, usedAt };
  });
  if (passedOn.length > 0) letCodesGo(trash, id, passedOn);
  return { passedOn: passedOn.length, apart: passedOn.length === left.length ? [] : apart };
}

/** Looks for codes of a removed token in others: by their ids, by their origin, and opened. */
async function lookElsewhere(vault: Vault, removed: TokenRecord, now: Date) {
  const key = await keyWithoutPin(vault, removed);
  const { compared, apart } = await codesOfAccount(vault, subjectOf(vault, removed), key);
  if (key) forget(key);
  const origins = givenElsewhere(vault, now, new Set());
  // an equal id is an equal code under the same secret, whatever the token is called
  const alike = otherTokens(vault, removed).flatMap(({ id }) => ownCodesIn(vault, id));
  const usedAt = new Map(alike.map((code) => [code.id, code.usedAt ?? now.toISOString()]));
  const bySiblings = givenBySiblings(compared, now);
  return {
    elsewhere: (code: StoredCode) =>
      origins(code) ?? usedAt.get(code.id) ?? bySiblings.get(code.id) ?? null,
    apart: apart.filter(({ isRemoved }) => !isRemoved),
  };
}

function otherTokens(vault: Vault, { token }: TokenRecord): readonly Pick<IndexEntry, "id">[] {
  const known = codesLeft(vault.layout);
  return vault.entries().filter(({ id }) => id !== token.id && known.has(id));
}

function ownCodesIn(vault: Vault, id: string): readonly StoredCode[] {
  return unlessDamaged(() => ownCodesOf(vault, id)) ?? [];
}

/** The key of what belongs to a token; null where only a PIN or a chip opens that. */
async function keyWithoutPin(vault: Vault, record: TokenRecord): Promise<Secret | null> {
  if (record.guard || isWiped(record)) return null;
  try {
    return await unguardedBelongingsKey(vault, record);
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  }
}
