import { FobError } from "#base/fob-error.ts";
import { forget, type Secret } from "#token/secret.ts";
import { attemptsOfApp, clearAttempts } from "#vault/pins/attempts.ts";
import { closeBiometrics } from "./biometrics.ts";
import { type Header, replaceSlots, type Slot } from "./header.ts";
import { dropKey, findKey, keepNewKey } from "./kept-key.ts";
import { KEEPERS, type KeychainKind } from "./keychain-kind.ts";
import type { OpenedVault } from "./open.ts";
import { formatRecoveryCode, newRecoveryCode } from "./recovery-code.ts";
import {
  findSlot,
  type KeptKey,
  keychainSlot,
  keyItemOf,
  pinSlot,
  recoverySlot,
  type StretchedPin,
  stretchNewPin,
} from "./slots.ts";
import type { VaultAccess } from "./vault-access.ts";

/** The result of a move of a vault's key. */
export interface KeyMove {
  readonly from: KeychainKind;
  readonly to: KeychainKind;
  /**
   * A new recovery code, to be shown once; null when there is none, or the earlier one is still
   * valid.
   */
  readonly recoveryCode: string | null;
  /** Whether biometrics were on, and are off now. */
  readonly closedBiometrics: boolean;
  /** Why the old key could not be removed; it opens nothing any more. */
  readonly leftBehind: FobError | null;
}

/**
 * Moves a vault's key to another key store: stores a new key there, then writes the header that
 * uses it, then removes the old key. So the vault opens whenever this is interrupted. `pin`
 * protects the vault from then on; null for the key alone. Throws FobError `denied` when another
 * process has changed the PIN or key meanwhile, `unavailable` when the new key store cannot be
 * reached.
 */
export async function moveKey(
  opened: OpenedVault,
  access: VaultAccess,
  to: KeychainKind,
  pin: Secret | null,
): Promise<KeyMove> {
  const { vault, header } = opened;
  const stretched = pin && (await stretchNewPin(pin));
  const kept = to === "none" ? null : await keepNewKey(to, header, access, stretched);
  const { slots, recoveryCode } = newSlots(opened, to, kept, stretched);
  forget(kept?.key, stretched?.stretched);
  try {
    replaceSlots(vault.layout, header, { keychain: to, slots });
  } catch (error) {
    // after any other error the header may have been written
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
 * The new slots. The earlier recovery code stays valid, unless it has opened the vault, or only a
 * passphrase will open it from now on.
 */
function newSlots(
  { vault: { vaultKey }, header, proof }: OpenedVault,
  to: KeychainKind,
  kept: KeptKey | null,
  pin: StretchedPin | null,
): { readonly slots: Slot[]; readonly recoveryCode: string | null } {
  if (pin === null && !kept) throw new Error("a vault without a keychain needs a passphrase");
  if (pin === null && kept && to !== "tpm")
    return { slots: [keychainSlot(header.id, vaultKey, kept)], recoveryCode: null };
  const guarded = pin
    ? pinSlot(header.id, vaultKey, kept, pin)
    : keychainSlot(header.id, vaultKey, kept as KeptKey);
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

/** Whether the stored key is certainly this vault's, and not another vault's. */
async function isProved(header: Header, access: VaultAccess): Promise<boolean> {
  if (findSlot(header, "keychain-pin")?.keyCheck === undefined) return false;
  const found = await findKey(header, access);
  if ("trouble" in found) return false;
  forget(found.key);
  return true;
}
