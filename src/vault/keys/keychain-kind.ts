import { type Text, t } from "#base/language.ts";

/** The kinds of keychains for a vault's key. */
export const KEYCHAIN_KINDS = ["system", "file", "tpm", "none"] as const;

/** One of {@link KEYCHAIN_KINDS}. */
export type KeychainKind = (typeof KEYCHAIN_KINDS)[number];

/** The kinds that store keys: all but `none`, which needs a passphrase. */
export type KeyKeeper = Exclude<KeychainKind, "none">;

/** The kind for a new vault, unless another one is chosen. */
export const DEFAULT_KEYCHAIN: KeyKeeper = "system";

/** The texts of a kind. */
interface KeychainWords {
  /** What it is, for help pages and for a choice. */
  readonly explanation: Text;
  /** The message after the key has moved to it. */
  readonly keepsNow: () => string;
  /** What a recovery code of such a vault is for. */
  readonly recovery: () => string;
}

/** The texts of each kind. */
export const KEYCHAIN_WORDS: Readonly<Record<KeychainKind, KeychainWords>> = {
  system: {
    explanation: "the keychain of the operating system",
    keepsNow: () => t("the system keychain keeps the vault's key now"),
    recovery: recoveryOfPin,
  },
  file: {
    explanation: "a key file in fob's folder that only you can read",
    keepsNow: () => t("a key file keeps the vault's key now"),
    recovery: recoveryOfPin,
  },
  tpm: {
    explanation:
      "the machine's TPM, which no copy of the files opens; a recovery code is shown, for a chip that breaks or is cleared",
    keepsNow: () => t("the TPM keeps the vault's key now"),
    recovery: () =>
      t(
        "Keep it on paper: it opens the vault if the TPM breaks or is cleared, and is not shown again.",
      ),
  },
  none: {
    explanation:
      "no key is kept; a passphrase of 12 characters or more opens the vault, and a recovery code is shown",
    keepsNow: () => t("nobody keeps the vault's key now: its passphrase opens it"),
    recovery: () =>
      t(
        "Keep it on paper: it opens the vault if the passphrase is lost or locked, and is not shown again.",
      ),
  },
};

function recoveryOfPin(): string {
  return t("Keep it on paper: it opens the vault if the app PIN is lost, and is not shown again.");
}

/** The properties of a key store, and its messages for a missing or wrong key. */
interface Keeper {
  /**
   * Whether the first key of a vault is stored under the vault's id. If not, all vaults of a home
   * share one place, so the key in it may be another vault's.
   */
  readonly isPerVault: boolean;
  readonly noKey: () => string;
  readonly anotherKey: () => string;
}

/** The properties of each key store. */
export const KEEPERS: Readonly<Record<KeyKeeper, Keeper>> = {
  system: {
    isPerVault: true,
    noKey: () => t("the keychain holds no key for this vault"),
    anotherKey: () => t("the key in the keychain does not belong to this vault"),
  },
  file: {
    isPerVault: false,
    noKey: () => t("the key file of this vault is gone"),
    anotherKey: () => t("the key in the key file does not belong to this vault"),
  },
  tpm: {
    isPerVault: false,
    noKey: () => t("the file with the key that the TPM sealed for this vault is gone"),
    anotherKey: () => t("the key that the TPM sealed here does not belong to this vault"),
  },
};
