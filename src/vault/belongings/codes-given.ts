import type { Look } from "#base/long-work.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import type { Credential } from "#token/credential.ts";
import { unlessDamaged } from "#token/newer.ts";
import { forget } from "#token/secret.ts";
import { soundSecrets } from "#vault/tokens/same-secret.ts";
import { inTrash, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import type { TokenPlace } from "./belongings-cell.ts";
import { keyOfSecret } from "./belongings-key.ts";
import {
  codeId,
  givenCodesOf,
  givenItselfBy,
  originOf,
  ownCodesOf,
  replacedCodesOf,
  type StoredCode,
} from "./recovery-codes.ts";

/** A recovery code that another list has replaced, by its id, and the token that knows that. */
export interface ReplacedCode {
  readonly code: string;
  readonly token: string;
}

/** What the tokens with one secret know of its recovery codes. */
export interface KnownCodes {
  /** Those that were given: they must not be given again when they come back with a copy. */
  readonly given: readonly StoredCode[];
  /** Those that were left when another list took their place: no older copy brings them back. */
  readonly replaced: readonly ReplacedCode[];
}

export const NOTHING_KNOWN: KnownCodes = { given: [], replaced: [] };

/**
 * What is known of the recovery codes of every secret in the vault whose fingerprint is in
 * `wanted`, from tokens in use and removed ones. What cannot be read is skipped.
 */
export async function knownCodes(
  vault: Vault,
  wanted: ReadonlySet<string>,
  look: Look,
): Promise<ReadonlyMap<string, KnownCodes>> {
  const known = new Map<string, KnownCodes>();
  if (wanted.size === 0) return known;
  let last = NOTHING_KNOWN;
  const isWanted = (place: TokenPlace, id: string) => {
    last = knownIn(place, id);
    return last.given.length + last.replaced.length > 0;
  };
  const search = { inUse: vault.entries(), isWanted, look };
  for await (const { fingerprint } of soundSecrets(vault, search)) {
    if (!wanted.has(fingerprint)) continue;
    const { given, replaced } = known.get(fingerprint) ?? NOTHING_KNOWN;
    known.set(fingerprint, {
      given: [...given, ...last.given],
      replaced: [...replaced, ...last.replaced],
    });
  }
  return known;
}

/** The given ones of {@link knownCodes} for one secret; none where its fingerprint is unknown. */
export async function codesGiven(
  vault: Vault,
  fingerprint: string | null,
  look: Look,
): Promise<readonly StoredCode[]> {
  if (fingerprint === null) return [];
  return (await knownCodes(vault, new Set([fingerprint]), look)).get(fingerprint)?.given ?? [];
}

/**
 * The codes of a token whose secret is at hand, as used where they are among those given, and
 * without those that were left when another list took their place.
 */
export function withCodesGiven(
  codes: readonly RecoveryCode[],
  { credential, secret }: { readonly credential: Credential; readonly secret: Uint8Array },
  { given, replaced }: KnownCodes,
  elsewhere: GivenElsewhere,
): readonly RecoveryCode[] {
  if (codes.length === 0) return codes;
  const usedAt = new Map(given.map((code) => [code.id, code.usedAt]));
  const key = keyOfSecret({ credential }, secret);
  const isOld = new Set(replaced.map(({ code }) => code));
  const joined = codes.flatMap((one) => {
    const id = codeId(one.code, key);
    const usedThen = one.usedAt ?? usedAt.get(id) ?? elsewhere({ id });
    return usedThen === null && isOld.has(id) ? [] : { code: one.code, usedAt: usedThen };
  });
  forget(key);
  return joined;
}

/** When a code was given by another token, as ISO 8601 text; null for one that was not. */
export type GivenElsewhere = (code: Pick<StoredCode, "id" | "from">) => string | null;

/**
 * Looks for codes that went from a replaced token to its successor. Those of tokens in use count as
 * given, at this time if not before: two tokens must not give one code. Of tokens that are `gone`
 * in a moment, only those count that were given.
 */
export function givenElsewhere(vault: Vault, now: Date, gone: ReadonlySet<string>): GivenElsewhere {
  const others = new Map<string, StoredCode[]>();
  const note = (code: StoredCode) => {
    const alike = others.get(originOf(code));
    if (alike) alike.push(code);
    else others.set(originOf(code), [code]);
  };
  for (const { id } of vault.entries())
    for (const code of gone.has(id) ? usedIn(vault, id) : codesIn(vault, id)) note(code);
  for (const id of removedIds(vault)) for (const code of usedIn(inTrash(vault), id)) note(code);
  return (code) => {
    // an equal id is a copy of the token itself
    const other = others.get(originOf(code))?.find(({ id }) => id !== code.id);
    return other ? (other.usedAt ?? now.toISOString()) : null;
  };
}

function knownIn(place: TokenPlace, id: string): KnownCodes {
  const read = () => ({
    given: givenCodesOf(place, id),
    replaced: replacedCodesOf(place, id).map((code) => ({ code, token: id })),
  });
  return unlessDamaged(read) ?? NOTHING_KNOWN;
}

function usedIn(place: TokenPlace, id: string): readonly StoredCode[] {
  return unlessDamaged(() => givenItselfBy(place, id)) ?? [];
}

function codesIn(place: TokenPlace, id: string): readonly StoredCode[] {
  return unlessDamaged(() => ownCodesOf(place, id)) ?? [];
}
