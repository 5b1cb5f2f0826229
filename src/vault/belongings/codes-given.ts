import type { Look } from "#base/long-work.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import type { Credential } from "#token/credential.ts";
import { isDamage } from "#token/newer.ts";
import { forget } from "#token/secret.ts";
import type { Cell } from "#vault/cells/cell.ts";
import { readSoundIn, soundFingerprint } from "#vault/tokens/same-secret.ts";
import { removedCell, removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { keyOfSecret } from "./belongings-key.ts";
import { codesOf, openCodes, type StoredCode, sealCodes } from "./recovery-codes.ts";

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
  const cells = [
    ...vault.entries().map(({ id }) => vault.tokenCell(id)),
    ...removedIds(vault).map((id) => removedCell(vault, id)),
  ];
  for (const cell of cells) {
    await look();
    const used = usedIn(vault, cell);
    const fingerprint = used.length > 0 && soundFingerprint(vault, readSoundIn(cell));
    if (!fingerprint || !wanted.has(fingerprint)) continue;
    given.set(fingerprint, [...(given.get(fingerprint) ?? []), ...used]);
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
  const sealed = sealCodes(codes, key);
  const joined = sealed.map((code) => ({
    ...code,
    usedAt: code.usedAt ?? usedAt.get(code.id) ?? null,
  }));
  const opened = openCodes(joined, key);
  forget(key);
  return opened;
}

function usedIn(vault: Vault, cell: Cell): readonly StoredCode[] {
  try {
    const inCell = { vaultKey: vault.vaultKey, tokenCell: () => cell };
    return codesOf(inCell, "").filter(({ usedAt }) => usedAt !== null);
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}
