import type { Secret } from "#token/secret.ts";

/**
 * Stores the key that protects a vault: the operating system's keychain, or a file with mode 0600
 * in the home.
 */
export interface KeyStore {
  /**
   * The 32-byte key of this vault, or null when the store works but has none. Throws FobError
   * `unavailable` when the store cannot be reached, `invalid` when the entry is not a key.
   */
  read(vaultId: string): Promise<Secret | null>;

  /**
   * Stores a 32-byte key for a new vault and returns the stored one: if another process has stored
   * one first, that one, which is never replaced. Throws FobError `unavailable`.
   */
  provide(vaultId: string, key: Secret): Promise<Secret>;

  /**
   * Throws FobError `unavailable`, with a hint about alternatives, when no key could be stored
   * here.
   */
  reach(purpose?: { readonly isForMove?: boolean }): Promise<void>;

  /** Removes the key, if there is one. Throws FobError `unavailable`. */
  remove(vaultId: string): Promise<void>;

  /** What a store does that checks the app PIN itself; absent where it only stores. */
  readonly byPin?: PinKeyStore;
}

/** A key store that gives a key for an auth value alone, and counts wrong ones by itself. */
export interface PinKeyStore {
  /** Stores a key for this auth value. Throws FobError as {@link KeyStore} does. */
  provide(vaultId: string, key: Secret, auth: Secret): Promise<void>;

  /** The key, or null for a wrong auth value. Throws FobError `locked` after too many. */
  read(vaultId: string, auth: Secret): Promise<Secret | null>;

  /** Whether there is a key. Throws FobError `invalid` for one that this store cannot use. */
  check(vaultId: string): Promise<boolean>;
}

/**
 * The name of a further key of a vault: one that is released after the platform has recognised a
 * person, or one that replaced the first key.
 */
export type KeyItem = "biometric" | `biometric-${string}` | `key-${string}`;
