import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import { type Header, readHeader, replaceSlots, type Slot } from "#vault/keys/header.ts";
import { dropKey, findKey, keepNewKey } from "#vault/keys/kept-key.ts";
import { KEEPERS, type KeyKeeper } from "#vault/keys/keychain-kind.ts";
import type { OpenedVault } from "#vault/keys/open.ts";
import { formatRecoveryCode, newRecoveryCode } from "#vault/keys/recovery-code.ts";
import {
  findSlot,
  type KeptKey,
  keychainSlot,
  keyItemOf,
  pinSlot,
  recoverySlot,
  type StretchedPin,
  stretchNewPin,
} from "#vault/keys/slots.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import type { Vault } from "#vault/vault.ts";
import { attemptsOfApp, clearAttempts } from "./attempts.ts";
import {
  askNewPassphrase,
  askNewPin,
  isTheSame,
  type PinPrompt,
  refusedPassphrase,
  refusedPin,
} from "./pin-prompt.ts";

/** The result of setting an app PIN. */
export interface NewAppPin {
  /** Opens the vault in place of the PIN; to be shown once. It replaces an earlier code. */
  readonly recoveryCode: string;
  /** Whether the vault's key was lost and replaced. */
  readonly isNewKey: boolean;
}

/**
 * Asks for a new app PIN, or for the passphrase of a vault without a keychain; refuses `current`,
 * if given. The caller wipes it.
 */
export function askNewAppPin(
  { keychain }: Pick<Header, "keychain">,
  prompt: PinPrompt,
  current: Secret | null = null,
): Promise<Secret> {
  const refuse = async (pin: Secret) => {
    if (!current || !sameSecret(current, pin)) return;
    throw keychain === "none" ? refusedPassphrase(isTheSame()) : refusedPin(isTheSame());
  };
  if (keychain === "none") return askNewPassphrase(prompt, null, { refuse });
  return askNewPin(prompt, null, USER_PIN_POLICY, { refuse });
}

/**
 * Sets the app PIN: from now on keychain and PIN together open the vault. If the recovery code has
 * opened it because the keychain's key is lost, a new key is made. Throws FobError `denied` when
 * another process has changed the PIN or key meanwhile.
 */
export async function setAppPin(
  opened: OpenedVault,
  access: VaultAccess,
  pin: Secret,
): Promise<NewAppPin> {
  const { vault, header } = opened;
  const code = newRecoveryCode();
  const stretched = await stretchNewPin(pin);
  const isNewKey = await changeSlots(opened, access, stretched, (kept) => [
    pinSlot(header.id, vault.vaultKey, kept, stretched),
    recoverySlot(header.id, vault.vaultKey, code),
  ]);
  const recoveryCode = formatRecoveryCode(code);
  forget(code, stretched.stretched);
  return { recoveryCode, isNewKey };
}

/**
 * Removes the app PIN and the recovery code. Throws FobError `usage` when the vault has no
 * keychain, `denied` as {@link setAppPin} does.
 */
export async function removeAppPin(opened: OpenedVault, access: VaultAccess): Promise<void> {
  const { vault, header } = opened;
  await changeSlots(opened, access, null, (kept) => {
    // a chip may break: its vault keeps the code
    const recovery = header.keychain === "tpm" ? findSlot(header, "recovery") : null;
    const slot = kept && keychainSlot(header.id, vault.vaultKey, kept);
    if (slot) return recovery ? [slot, recovery] : [slot];
    throw new FobError(
      "usage",
      t("this vault has no keychain: its passphrase cannot be removed, only changed"),
    );
  });
}

/**
 * Replaces all slots by those of `make`, which gets the vault's stored key. Returns whether that
 * key is a new one.
 */
async function changeSlots(
  { vault, header, proof }: OpenedVault,
  access: VaultAccess,
  pin: StretchedPin | null,
  make: (kept: KeptKey | null) => Slot[],
): Promise<boolean> {
  const { keychain } = header;
  if (keychain === "none") {
    replaceSlots(vault.layout, header, { slots: make(null) });
    clearAttempts(attemptsOfApp(vault.layout));
    return false;
  }
  const found = await findKey(header, access);
  const isLost = "trouble" in found;
  if (isLost && !(found.isLost && proof.kind === "recovery")) throw found.trouble;
  // a store that checks PINs itself gets another key with each PIN
  const checksPins = access.keyStore(keychain).byPin !== undefined;
  const item = keyItemOf(header);
  const current = isLost || !found.key ? null : { key: found.key, item };
  if (current && !checksPins) {
    replaceSlots(vault.layout, header, { slots: make(current) });
    forget(current.key);
  } else {
    forget(current?.key);
    const kept = await keepNewKey(keychain, header, access, pin);
    await useNewKey({ vault, header, kept, make }, keychain, access);
    // a key under the default name of a shared key store may be another vault's, and stays
    const isOurs = item !== null || KEEPERS[keychain].isPerVault || !isLost;
    if (isOurs) await dropKey(keychain, item, header, access);
  }
  clearAttempts(attemptsOfApp(vault.layout));
  return isLost;
}

/** Writes slots for a new key, which is removed again where another process was faster. */
async function useNewKey(
  {
    vault,
    header,
    kept,
    make,
  }: Pick<OpenedVault, "header" | "vault"> & {
    readonly kept: KeptKey;
    readonly make: (kept: KeptKey) => Slot[];
  },
  keychain: KeyKeeper,
  access: VaultAccess,
): Promise<void> {
  try {
    replaceSlots(vault.layout, header, { slots: make(kept) });
  } catch (error) {
    if (error instanceof FobError && error.code === "denied")
      await dropKey(keychain, kept.item, header, access);
    throw error;
  } finally {
    forget(kept.key);
  }
}

/**
 * The current header of an open vault. Throws FobError `invalid` when another vault has replaced
 * it.
 */
export function currentHeader({ layout }: Vault): Header {
  const header = readHeader(layout.home);
  if (header?.id === layout.vaultId) return header;
  throw new FobError(
    "invalid",
    t`the vault in ${layout.home} is no longer the one that was opened`,
  );
}
