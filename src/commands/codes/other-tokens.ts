import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { unlessDamaged } from "#token/newer.ts";
import { codesLeft } from "#vault/belongings/codes-left.ts";
import type { ApartSibling, ComparedSibling } from "#vault/belongings/codes-of-account.ts";
import { codesOf, type StoredCode } from "#vault/belongings/recovery-codes.ts";
import { holdsSecret } from "#vault/tokens/same-secret.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * Throws FobError `usage` where a token in use with the kind and the secret of this one (its
 * fingerprint) has one of the codes, which both would give.
 */
export function refuseDoubles(
  vault: Vault,
  { token }: TokenRecord,
  fingerprint: string | null,
  codes: readonly StoredCode[],
): void {
  if (fingerprint === null) return;
  const known = codesLeft(vault.layout);
  const isNew = new Set(codes.flatMap(({ id, usedAt }) => (usedAt === null ? [id] : [])));
  const twin = vault
    .entries()
    .filter(({ id }) => id !== token.id && known.has(id))
    .filter(({ credential: { kind } }) => kind === token.credential.kind)
    .filter(({ id }) => holdsSecret(vault, id, fingerprint))
    .find(({ id }) => unlessDamaged(() => codesOf(vault, id))?.some((code) => isNew.has(code.id)));
  if (!twin) return;
  const message = t`${twin.name} has the same secret, and these recovery codes already`;
  throw new FobError("usage", message, { hint: givesThem(twin.name) });
}

/**
 * Throws FobError `usage` where a token in use of the same account, with another secret, has one of
 * the codes left.
 */
export function refuseShared(
  compared: readonly ComparedSibling[],
  codes: readonly StoredCode[],
): void {
  const isNew = new Set(codes.flatMap(({ id, usedAt }) => (usedAt === null ? [id] : [])));
  const sibling = compared
    .filter(({ isRemoved }) => !isRemoved)
    .find((one) => one.codes.some(({ id, usedAt }) => usedAt === null && isNew.has(id)));
  if (!sibling) return;
  const message = t`${sibling.name} is of the same account, and has these recovery codes already`;
  throw new FobError("usage", message, { hint: givesThem(sibling.name) });
}

function givesThem(name: string): string {
  return t`\`fob codes ${shellWord(name)}\` gives them`;
}

/** Messages about tokens of the same account whose codes were not compared with what is added. */
export function describeApart(apart: readonly ApartSibling[]): string[] {
  return apart.map(({ id, name, isRemoved, total }) => {
    const codes = plural(total, "recovery code");
    return isRemoved
      ? t`not compared with ${codes} of the removed token ${id} for this account, which may have given some of them; \`fob restore ${shellWord(id)}\` brings it back`
      : t`not compared with ${codes} of ${name}, which is of the same account and may give some of them: only its PIN or its chip opens them`;
  });
}
