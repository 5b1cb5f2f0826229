import { FobError } from "#base/fob-error.ts";
import { forget, type Secret } from "#token/secret.ts";
import { attemptsOfApp, clearAttempts } from "#vault/pins/attempts.ts";
import { closeBiometrics } from "./biometrics.ts";
import { type Header, replaceSlots, type Slot } from "./header.ts";
import { dropKey, findKey, keepNewKey } from "./kept-key.ts";
import { KEEPERS, type KeychainKind } from "./keychain-kind.ts";
import type { OpenedVault } from "./open.ts";
import { formatRecoveryCode, newRecoveryCode } from "./recovery-code.ts";
import { findSlot, type KeptKey, keychainSlot, keyItemOf, pinSlot, recoverySlot } from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/** Where a vault's key has gone. */
export interface KeyMove {
  readonly from: KeychainKind;
  readonly to: KeychainKind;
  /**
   * A new recovery code, to be shown once; null where there is none, or the one from before still
   * counts.
   */
  readonly recoveryCode: string | null;
  /** Whether a finger or face stood for a PIN, and does no more. */
  readonly closedBiometrics: boolean;
  /** Why the old key is still where it was; it opens nothing any more. */
  readonly leftBehind: FobError | null;
}

/**
 * Gives a vault's key to another keeper: a new key is kept there, then the header that counts on it
 * is written, then the old key is removed, so that the vault opens whenever this is interrupted.
 * `pin` guards the vault from then on; with null, its key alone does. Throws FobError `denied` when
 * another process has changed PIN or key meanwhile, and `unavailable` when the new keeper cannot be
 * reached.
 */
export async function moveKey(
  opened: OpenedVault,
  access: VaultAccess,
  to: KeychainKind,
  pin: Secret | null,
): Promise<KeyMove> {
  const { vault, header } = opened;
  const kept = to === "none" ? null : await keepNewKey(to, header, access);
  const { slots, recoveryCode } = await newSlots(opened, to, kept, pin);
  forget(kept?.key);
  try {
    replaceSlots(vault.layout, header, { keychain: to, slots });
  } catch (error) {
    // whatever else has failed, the header may have been written
    const isUnused = error instanceof FobError && error.code === "denied";
    if (isUnused && kept && to !== "none") await dropKey(to, kept.item, header, access);
    throw error;
  }
  if (pin) clearAttempts(attemptsOfApp(vault.layout));
  const closedBiometrics = await closeBiometrics(vault, header, access);
  return {
    from: header.keychain,
    to,
    recoveryCode,
    closedBiometrics,
    leftBehind: await dropOldKey(opened, access),
  };
}

/**
 * The recovery code from before goes on, unless it is all that the person has, or nothing else will
 * open the vault but a passphrase.
 */
async function newSlots(
  { vault: { vaultKey }, header, proof }: OpenedVault,
  to: KeychainKind,
  kept: KeptKey | null,
  pin: Secret | null,
): Promise<{ readonly slots: Slot[]; readonly recoveryCode: string | null }> {
  if (pin === null) {
    if (!kept) throw new Error("a vault without a keychain needs a passphrase");
    return { slots: [keychainSlot(header.id, vaultKey, kept)], recoveryCode: null };
  }
  const guarded = await pinSlot(header.id, vaultKey, kept, pin);
  const recovery = findSlot(header, "recovery");
  if (recovery && proof.kind === "pin" && to !== "none")
    return { slots: [guarded, recovery], recoveryCode: null };
  const code = newRecoveryCode();
  const slots = [guarded, recoverySlot(header.id, vaultKey, code)];
  const recoveryCode = formatRecoveryCode(code);
  forget(code);
  return { slots, recoveryCode };
}

async function dropOldKey(
  { header, proof }: OpenedVault,
  access: VaultAccess,
): Promise<FobError | null> {
  const { keychain } = header;
  if (keychain === "none") return null;
  try {
    const item = keyItemOf(header);
    if (
      proof.kind !== "recovery" ||
      item !== null ||
      KEEPERS[keychain].isPerVault ||
      (await isProved(header, access))
    )
      await dropKey(keychain, item, header, access);
    return null;
  } catch (error) {
    if (error instanceof FobError) return error;
    throw error;
  }
}

/** Whether what is kept has proved to be this vault's key, and not another vault's. */
async function isProved(header: Header, access: VaultAccess): Promise<boolean> {
  if (findSlot(header, "keychain-pin")?.keyCheck === undefined) return false;
  const found = await findKey(header, access);
  if ("trouble" in found) return false;
  forget(found.key);
  return true;
}
