import type { Secret } from "#token/secret.ts";

/**
 * Who can keep the key that guards a vault: the operating system's keychain, or a 0600 file in the
 * home.
 */
export interface KeyStore {
  /**
   * The 32-byte key kept for this vault, or null when the store works but holds none. Throws
   * FobError `unavailable` when the store cannot be reached, `invalid` when the entry is not a key.
   */
  read(vaultId: string): Promise<Secret | null>;

  /**
   * Keeps a 32-byte key for a new vault and returns the one that is kept: where another process was
   * faster, that one's, never replaced. Throws FobError `unavailable`.
   */
  provide(vaultId: string, key: Secret): Promise<Secret>;

  /** Throws FobError `unavailable`, saying what to do instead, where no key could be kept here. */
  reach(purpose?: { readonly isForMove?: boolean }): Promise<void>;

  /** Forgets the key. It is no failure when there is none. Throws FobError `unavailable`. */
  remove(vaultId: string): Promise<void>;
}

/**
 * A key of its own that a keeper has for a vault: released after the platform has recognised a
 * person, or one that has followed the key which the vault was made with.
 */
export type KeyItem = "biometric" | `biometric-${string}` | `key-${string}`;
