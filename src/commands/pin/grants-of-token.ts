import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { listGrants, revokeGrant } from "#vault/grants/grants.ts";
import type { Vault } from "#vault/vault.ts";

/** What to do with the grants of a token that gets a PIN: they go on opening it without one. */
export interface GrantChoice {
  readonly revokeGrants: boolean;
  readonly keepGrants: boolean;
}

/**
 * The labels of the grants to revoke when a token gets a PIN: all that name it, or none. The user
 * is asked; a script needs an option. Rejects with FobError `locked` where there is no terminal,
 * naming the grants.
 */
export async function chooseGrantsToRevoke(
  vault: Vault,
  { id, name }: { readonly id: string; readonly name: string },
  { revokeGrants, keepGrants }: GrantChoice,
  { prompt }: Pick<Context, "prompt">,
): Promise<readonly string[]> {
  if (revokeGrants && keepGrants)
    throw new FobError("usage", t("--revoke-grants and --keep-grants exclude each other"));
  if (keepGrants) return [];
  const labels = listGrants(vault)
    .filter(({ tokens }) => tokens.includes(id))
    .map(({ label }) => label);
  if (labels.length === 0 || revokeGrants) return labels;
  const question = t`${name} opens without its PIN by grants: ${labels.join(", ")}. What about them?`;
  const choices = [
    { label: t("revoke them: those who have them need new ones"), value: true },
    { label: t("keep them: they open it without the PIN"), value: false },
  ];
  return (await prompt.pick(question, choices, "--revoke-grants or --keep-grants")) ? labels : [];
}

/** Revokes grants. A grant that was revoked meanwhile is skipped. */
export function revokeGrants(vault: Vault, labels: readonly string[]): void {
  for (const label of labels) {
    try {
      revokeGrant(vault, label);
    } catch (error) {
      if (!(error instanceof FobError) || error.code !== "not-found") throw error;
    }
  }
}
