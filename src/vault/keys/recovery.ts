import { asFobError } from "#base/file-error.ts";
import type { FobError } from "#base/fob-error.ts";
import { forget } from "#token/secret.ts";
import type { Vault } from "#vault/vault.ts";
import { type Header, replaceSlots } from "./header.ts";
import type { KeychainKind } from "./keychain-kind.ts";
import { formatRecoveryCode, newRecoveryCode } from "./recovery-code.ts";
import { recoverySlot } from "./slots.ts";

/** Shows a new recovery code to a person. */
export interface RecoveryCodeDisplay {
  /** Shows the code, which is not valid yet, of a vault with such a keychain. */
  show(code: string, keychain: KeychainKind): void;
  /** Reports that the code is valid from now on, or why it is not. */
  conclude(trouble: FobError | null): void;
}

/**
 * Adds a recovery code to an open vault. The code is shown before it becomes valid: after an
 * interruption the next run shows another one. Returns the effective header; a failed write is
 * reported, and leaves the vault unchanged.
 */
export function addRecoveryCode(
  vault: Vault,
  header: Header,
  display: RecoveryCodeDisplay,
): Header {
  const code = newRecoveryCode();
  try {
    display.show(formatRecoveryCode(code), header.keychain);
    const slot = recoverySlot(header.id, vault.vaultKey, code);
    const replaced = replaceSlots(vault.layout, header, { slots: [...header.slots, slot] });
    display.conclude(null);
    return replaced;
  } catch (error) {
    const trouble = asFobError(error);
    if (trouble.code === "internal") throw error;
    display.conclude(trouble);
    return header;
  } finally {
    forget(code);
  }
}
