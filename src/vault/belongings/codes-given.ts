import type { Look } from "#base/long-work.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import type { Credential } from "#token/credential.ts";
import { isDamage } from "#token/newer.ts";
import { forget } from "#token/secret.ts";
import { soundSecrets } from "#vault/tokens/same-secret.ts";
import type { Vault } from "#vault/vault.ts";
import type { TokenPlace } from "./belongings-cell.ts";
import { keyOfSecret } from "./belongings-key.ts";
import { codeId, codesOf, type StoredCode } from "./recovery-codes.ts";

/**
 * The recovery codes that were given, of every secret in the vault whose fingerprint is in `wanted`,
 * of tokens in use and removed ones: a code that comes back with a copy of its token must not be
 * given again. What cannot be read is skipped.
 */
export async function codesGiven(
  vault: Vault,
  wanted: ReadonlySet<string>,
  look: Look,
): Promise<ReadonlyMap<string, readonly StoredCode[]>> {
  const given = new Map<string, readonly StoredCode[]>();
  if (wanted.size === 0) return given;
  const isWanted = (place: TokenPlace, id: string) => usedIn(place, id).length > 0;
  const search = { inUse: vault.entries(), isWanted, look };
  for await (const { place, id, fingerprint } of soundSecrets(vault, search)) {
    if (!wanted.has(fingerprint)) continue;
    given.set(fingerprint, [...(given.get(fingerprint) ?? []), ...usedIn(place, id)]);
  }
  return given;
}

/** The codes of a token whose secret is at hand, as used where they are among those given. */
export function withCodesGiven(
  codes: readonly RecoveryCode[],
  { credential, secret }: { readonly credential: Credential; readonly secret: Uint8Array },
  given: readonly StoredCode[],
): readonly RecoveryCode[] {
  if (given.length === 0) return codes;
  const usedAt = new Map(given.map((code) => [code.id, code.usedAt]));
  const key = keyOfSecret({ credential }, secret);
  const joined = codes.map((one) => ({
    code: one.code,
    usedAt: one.usedAt ?? usedAt.get(codeId(one.code, key)) ?? null,
  }));
  forget(key);
  return joined;
}

function usedIn(place: TokenPlace, id: string): readonly StoredCode[] {
  try {
    return codesOf(place, id).filter(({ usedAt }) => usedAt !== null);
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}
