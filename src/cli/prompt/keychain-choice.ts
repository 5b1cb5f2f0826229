import { FobError } from "#base/fob-error.ts";
import { t, translated } from "#base/language.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import {
  DEFAULT_KEYCHAIN,
  KEYCHAIN_KINDS,
  KEYCHAIN_WORDS,
  type KeychainKind,
} from "#vault/keys/keychain-kind.ts";
import { createVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";

/**
 * Creates the first vault. The system keychain keeps its key unless `kind` names another one. When
 * the system keychain is unavailable, a person is asked, and a script gets FobError `unavailable`
 * with the option to use.
 */
export async function createFirstVault(
  kind: KeychainKind | null,
  access: VaultAccess,
  prompt: Prompt,
): ReturnType<typeof createVault> {
  try {
    return await createVault(kind ?? DEFAULT_KEYCHAIN, access);
  } catch (error) {
    const cannotAsk = kind !== null || !prompt.available;
    if (cannotAsk || !(error instanceof FobError) || error.code !== "unavailable") throw error;
  }
  const question = t("No system keychain can be reached. Who shall keep the key of the vault?");
  const others = KEYCHAIN_KINDS.filter((one) => one !== DEFAULT_KEYCHAIN);
  const choices = others.map((one) => ({
    label: `${one}: ${translated(KEYCHAIN_WORDS[one].explanation)}`,
    value: one,
  }));
  return createVault(await prompt.pick(question, choices, "--keychain"), access);
}
