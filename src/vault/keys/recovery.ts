import { asFobError } from "#base/file-error.ts";
import type { FobError } from "#base/fob-error.ts";
import { forget } from "#token/secret.ts";
import type { Vault } from "#vault/vault.ts";
import { type Header, replaceSlots } from "./header.ts";
import { formatRecoveryCode, newRecoveryCode } from "./recovery-code.ts";
import { recoverySlot } from "./slots.ts";

/** Where a person sees a new recovery code. */
export interface RecoveryCodeDisplay {
  /** Shows the code, which does not count yet. */
  show(code: string): void;
  /** Says that the code counts from now on, or, with the reason, that it does not. */
  conclude(trouble: FobError | null): void;
}

/**
 * Gives an open vault a recovery code. It is shown first, and counts only then: whoever interrupts
 * is shown another one the next time. Returns the header that counts now; a failed write is told,
 * and leaves the vault as it was.
 */
export function addRecoveryCode(
  vault: Vault,
  header: Header,
  display: RecoveryCodeDisplay,
): Header {
  const code = newRecoveryCode();
  try {
    display.show(formatRecoveryCode(code));
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
