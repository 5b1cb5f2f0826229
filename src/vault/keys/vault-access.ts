import type { Chip } from "#vault/chip/chip.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { KeyItem, KeyStore } from "./key-store.ts";
import type { KeychainKind, KeyKeeper } from "./keychain-kind.ts";
import type { RecoveryCodeDisplay } from "./recovery.ts";

/** What the code that opens a vault needs from outside. */
export interface VaultAccess {
  readonly home: string;
  /** The kind of keychain that an existing vault must have; null for any. */
  readonly keychain: KeychainKind | null;
  /** The store of the vault's key, or of the key of `item`. */
  keyStore(kind: KeyKeeper, item?: KeyItem): KeyStore;
  readonly pinPrompt: PinPrompt;
  /** The chip that holds secrets of tokens; absent where none is used. */
  readonly chip?: Chip;
  /**
   * Shows a recovery code that a vault gets while it is opened; null when no person would see it.
   */
  readonly recoveryCodes: RecoveryCodeDisplay | null;
}
