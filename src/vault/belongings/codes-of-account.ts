import { FobError } from "#base/fob-error.ts";
import { unlessDamaged } from "#token/newer.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { readSound, soundFingerprint } from "#vault/tokens/same-secret.ts";
import { isWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import { inTrash, removedTokens } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import type { TokenPlace } from "./belongings-cell.ts";
import { unguardedBelongingsKey } from "./belongings-key.ts";
import {
  countCodes,
  originOf,
  ownCodesOf,
  resealedId,
  type StoredCode,
  wereHandedOver,
} from "./recovery-codes.ts";

/** Another token of an account, with another secret, that has recovery codes or has given some. */
interface Sibling {
  readonly id: string;
  readonly name: string;
  readonly isRemoved: boolean;
}

/** A {@link Sibling} whose codes could be opened. */
export interface ComparedSibling extends Sibling {
  /** All its codes, with the ids that they have under the key of the other token. */
  readonly codes: readonly StoredCode[];
}

/** A {@link Sibling} whose codes only a PIN or a chip opens. */
export interface ApartSibling extends Sibling {
  /** How many codes it has, those that were given included. */
  readonly total: number;
}

/** The codes of the other tokens of an account. */
export interface CodesOfAccount {
  readonly compared: readonly ComparedSibling[];
  readonly apart: readonly ApartSibling[];
}

/** A token, or what will be one. */
export interface Subject {
  /** Null for what has no id yet. */
  readonly id: string | null;
  readonly account: Account;
  /** Of its secret; null where that is unknown. */
  readonly fingerprint: string | null;
}

type Account = Pick<Token, "name" | "issuer" | "account">;

/** The {@link Subject} that a record is. */
export function subjectOf(vault: Vault, record: TokenRecord): Subject {
  const { token } = record;
  return { id: token.id, account: token, fingerprint: soundFingerprint(vault, record) };
}

/**
 * The recovery codes of tokens, in use and removed, of the same account or name as this one, but
 * with another secret, under which equal codes have other ids. `key` opens what belongs to this
 * token; without it, no code can be compared. Damaged tokens and wiped ones are skipped.
 */
export async function codesOfAccount(
  vault: Vault,
  subject: Subject,
  key: Secret | null,
): Promise<CodesOfAccount> {
  const compared: ComparedSibling[] = [];
  const apart: ApartSibling[] = [];
  for (const { place, record: other, isRemoved } of siblings(vault, subject)) {
    const { id, name } = other.token;
    const stored = unlessDamaged(() => ownCodesOf(place, id)) ?? [];
    if (stored.length === 0) continue;
    const codes = key && (await codesUnder(vault, other, stored, key));
    if (codes) compared.push({ id, name, isRemoved, codes });
    else apart.push(...notCompared(place, { id, name, isRemoved }));
  }
  return { compared, apart };
}

/**
 * Codes for the token that others were compared with: one that another token has given is used, and
 * each knows from where it comes, so that the other gives it no more once it is restored. Those of
 * the ids `own` stay as they are.
 */
export function withSiblings(
  codes: readonly StoredCode[],
  compared: readonly ComparedSibling[],
  own: ReadonlySet<string>,
): readonly StoredCode[] {
  const theirs = compared.flatMap((sibling) => sibling.codes);
  const others = new Map(theirs.map((code) => [code.id, code]));
  for (const code of theirs) if (code.usedAt !== null) others.set(code.id, code);
  return codes.map((code) => {
    const other = others.get(code.id);
    if (!other || own.has(code.id)) return code;
    return { ...code, usedAt: code.usedAt ?? other.usedAt, from: originOf(other) };
  });
}

/**
 * When codes were given by the tokens that others were compared with, as ISO 8601 text, by their
 * ids. Those that tokens in use have count as given, at this time: two tokens must not give one.
 */
export function givenBySiblings(
  compared: readonly ComparedSibling[],
  now: Date,
): ReadonlyMap<string, string> {
  const usedAt = new Map<string, string>();
  for (const { isRemoved, codes } of compared) {
    for (const code of codes) {
      const then = code.usedAt ?? (isRemoved ? null : now.toISOString());
      if (then !== null) usedAt.set(code.id, then);
    }
  }
  return usedAt;
}

function siblings(
  vault: Vault,
  { id, account, fingerprint }: Subject,
): { readonly place: TokenPlace; readonly record: TokenRecord; readonly isRemoved: boolean }[] {
  const isSibling = (other: TokenRecord) =>
    !isWiped(other) && soundFingerprint(vault, other) !== fingerprint;
  const inUse = vault
    .entries()
    .filter((entry) => entry.id !== id && isSameAccount(entry, account))
    .map((entry) => readSound(vault, entry.id))
    .filter((other) => other !== null);
  const removed = removedTokens(vault).filter(
    (other) => other.token.id !== id && isSameAccount(other.token, account),
  );
  return [
    ...inUse.filter(isSibling).map((other) => ({ place: vault, record: other, isRemoved: false })),
    ...removed
      .filter(isSibling)
      .map((other) => ({ place: inTrash(vault), record: other, isRemoved: true })),
  ];
}

function isSameAccount(one: Account, other: Account): boolean {
  if (one.name === other.name) return true;
  const isNamed = one.issuer !== null || one.account !== null;
  return isNamed && one.issuer === other.issuer && one.account === other.account;
}

/** The codes of a token with their ids under another key; null where they cannot be opened. */
async function codesUnder(
  vault: Vault,
  record: TokenRecord,
  stored: readonly StoredCode[],
  to: Secret,
): Promise<readonly StoredCode[] | null> {
  if (record.guard) return null;
  let from: Secret | null = null;
  try {
    from = await unguardedBelongingsKey(vault, record);
    const key = from;
    return stored.map((code) => ({
      ...code,
      id: resealedId(code, { from: key, to }),
      from: originOf(code),
    }));
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  } finally {
    if (from) forget(from);
  }
}

/** Codes that were handed over are known at the token that has them now. */
function notCompared(place: TokenPlace, sibling: Sibling): ApartSibling[] {
  const count = wereHandedOver(place, sibling.id) ? null : countCodes(place, sibling.id);
  return count ? [{ ...sibling, total: count.total }] : [];
}
