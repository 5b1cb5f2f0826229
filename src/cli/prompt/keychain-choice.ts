import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { KeychainKind } from "#vault/keys/header.ts";
import { createVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";

/**
 * Creates the first vault. The system keychain keeps its key unless `kind` says otherwise; where
 * there is no keychain, a person chooses, and a script gets FobError `unavailable` with the option
 * to set.
 */
export async function createFirstVault(
  kind: KeychainKind | null,
  access: VaultAccess,
  prompt: Prompt,
): ReturnType<typeof createVault> {
  try {
    return await createVault(kind ?? "system", access);
  } catch (error) {
    const cannotAsk = kind !== null || !prompt.available;
    if (cannotAsk || !(error instanceof FobError) || error.code !== "unavailable") throw error;
  }
  const question = t("No system keychain can be reached. Who shall keep the key of the vault?");
  const choices = [
    { label: t("file: a key file in fob's folder, readable by you alone"), value: "file" },
    { label: t("none: no key is kept; a passphrase is asked for every time"), value: "none" },
  ] as const;
  return createVault(await prompt.pick<KeychainKind>(question, choices, "--keychain"), access);
}
