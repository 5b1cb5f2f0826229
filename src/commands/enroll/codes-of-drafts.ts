import { forget } from "#token/secret.ts";
import { keyOfSecret } from "#vault/belongings/belongings-key.ts";
import { type GivenElsewhere, givenElsewhere } from "#vault/belongings/codes-given.ts";
import { codesOfAccount, givenBySiblings } from "#vault/belongings/codes-of-account.ts";
import { fingerprintOf } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import type { NamedDraft } from "./named-draft.ts";

/** The fingerprints of the secrets of drafts that bring recovery codes. */
export function secretsWithCodes(vault: Vault, named: readonly NamedDraft[]): ReadonlySet<string> {
  return new Set(
    bringingCodes(named).map(({ draft }) => fingerprintOf(draft.secret, vault.vaultKey)),
  );
}

/** Where the recovery codes of each draft were given, by tokens that are not `gone` in a moment. */
export async function givenElsewhereOf(
  vault: Vault,
  named: readonly NamedDraft[],
  { now, gone }: { readonly now: Date; readonly gone: ReadonlySet<string> },
): Promise<(one: NamedDraft) => GivenElsewhere> {
  const bringing = bringingCodes(named);
  if (bringing.length === 0) return () => () => null;
  const byOrigin = givenElsewhere(vault, now, gone);
  const bySiblings = new Map<NamedDraft, ReadonlyMap<string, string>>();
  for (const one of bringing) {
    const { draft, name } = one;
    const { issuer, account, secret } = draft;
    const fingerprint = fingerprintOf(secret, vault.vaultKey);
    const key = keyOfSecret(draft, secret);
    const subject = { id: null, account: { name, issuer, account }, fingerprint };
    const { compared } = await codesOfAccount(vault, subject, key);
    forget(key);
    const staying = compared.filter(({ id }) => !gone.has(id));
    bySiblings.set(one, givenBySiblings(staying, now));
  }
  return (one) => (code) => byOrigin(code) ?? bySiblings.get(one)?.get(code.id) ?? null;
}

function bringingCodes(named: readonly NamedDraft[]): readonly NamedDraft[] {
  return named.filter(({ draft }) => (draft.recoveryCodes?.length ?? 0) > 0);
}
