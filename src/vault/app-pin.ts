import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { forget, type Secret } from "../token/secret.ts";
import { attemptsOfApp, clearAttempts } from "./attempts.ts";
import { type Header, readHeader, updateSlots } from "./header.ts";
import { keychainKey, type VaultAccess } from "./open.ts";
import { formatRecoveryCode, newRecoveryCode } from "./recovery-code.ts";
import { keychainSlot, pinSlot, recoverySlot } from "./slots.ts";
import type { Vault } from "./vault.ts";

/**
 * Makes `pin` the app PIN: from now on the vault opens with keychain and PIN together. Returns the new recovery code, the only
 * other way in, to be shown once; an earlier one is void.
 */
export async function setAppPin(vault: Vault, access: VaultAccess, pin: Secret): Promise<string> {
  const header = currentHeader(vault);
  const key = await keychainKey(header, access);
  const code = newRecoveryCode();
  const slots = [await pinSlot(header.id, vault.vaultKey, key, pin), recoverySlot(header.id, vault.vaultKey, code)];
  updateSlots(vault.layout, () => slots);
  clearAttempts(attemptsOfApp(vault.layout));
  const written = formatRecoveryCode(code);
  forget(key, code);
  return written;
}

/** Removes the app PIN and the recovery code. Throws FobError `usage` where the passphrase is all that guards the vault. */
export async function removeAppPin(vault: Vault, access: VaultAccess): Promise<void> {
  const header = currentHeader(vault);
  const key = await keychainKey(header, access);
  if (!key) {
    throw new FobError("usage", t("this vault has no keychain: its passphrase cannot be removed, only changed"));
  }
  updateSlots(vault.layout, () => [keychainSlot(header.id, vault.vaultKey, key)]);
  clearAttempts(attemptsOfApp(vault.layout));
  forget(key);
}

/** The header of an open vault. Throws FobError `invalid` when another vault has taken its place. */
export function currentHeader({ layout }: Vault): Header {
  const header = readHeader(layout.home);
  if (header?.id === layout.vaultId) return header;
  throw new FobError("invalid", t`the vault in ${layout.home} is no longer the one that was opened`);
}
