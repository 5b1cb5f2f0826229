import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { KeyItem, KeyStore } from "./key-store.ts";
import type { KeychainKind, KeyKeeper } from "./keychain-kind.ts";
import type { RecoveryCodeDisplay } from "./recovery.ts";

/** What opening a vault may need from outside. */
export interface VaultAccess {
  readonly home: string;
  /** Who must keep the key of an existing vault; null when the vault itself says. */
  readonly keychain: KeychainKind | null;
  /** Who keeps the vault's key, or the key of `item`. */
  keyStore(kind: KeyKeeper, item?: KeyItem): KeyStore;
  readonly pinPrompt: PinPrompt;
  /**
   * How a person sees a recovery code that a vault is given while it is opened; null where nobody
   * would.
   */
  readonly recoveryCodes: RecoveryCodeDisplay | null;
}
