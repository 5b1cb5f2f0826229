import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { unlessDamaged } from "#token/newer.ts";
import { codesLeft } from "#vault/belongings/codes-left.ts";
import {
  codesOf,
  countCodes,
  type StoredCode,
  wereHandedOver,
} from "#vault/belongings/recovery-codes.ts";
import { holdsSecret, soundFingerprint } from "#vault/tokens/same-secret.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import { inTrash, removedTokens } from "#vault/trash/removal.ts";
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
  throw new FobError("usage", message, {
    hint: t`\`fob codes ${shellWord(twin.name)}\` gives them`,
  });
}

/**
 * Messages about removed tokens of the same account that keep codes under another secret: those are
 * not compared with what is added.
 */
export function describeApart(
  vault: Vault,
  { token: { name, issuer, account } }: TokenRecord,
  fingerprint: string | null,
): string[] {
  const trash = inTrash(vault);
  return removedTokens(vault)
    .filter(
      ({ token }) => token.name === name || (token.issuer === issuer && token.account === account),
    )
    .filter((removed) => soundFingerprint(vault, removed) !== fingerprint)
    .flatMap(({ token: { id } }) => {
      const count = wereHandedOver(trash, id) ? null : countCodes(trash, id);
      if (!count) return [];
      const codes = plural(count.total, "recovery code");
      return [
        t`not compared with ${codes} of the removed token ${id} for this account, which may have given some of them; \`fob restore ${shellWord(id)}\` brings it back`,
      ];
    });
}
