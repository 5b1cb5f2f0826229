/**
 * Who can keep a vault's key: the OS keychain, a 0600 file in the home, or nobody, so that a
 * passphrase is needed.
 */
export const KEYCHAIN_KINDS = ["system", "file", "none"] as const;
