import { type Text, t } from "#base/language.ts";

/** Who can keep a vault's key. */
export const KEYCHAIN_KINDS = ["system", "file", "none"] as const;

/** One of {@link KEYCHAIN_KINDS}. */
export type KeychainKind = (typeof KEYCHAIN_KINDS)[number];

/** Who keeps keys: every kind but `none`, which needs a passphrase. */
export type KeyKeeper = Exclude<KeychainKind, "none">;

/** Who keeps the key of a vault where nothing else was chosen. */
export const DEFAULT_KEYCHAIN: KeyKeeper = "system";

/** What people are told of a kind. */
interface KeychainWords {
  /** What it is: what stands on help pages, and what a person chooses from. */
  readonly explanation: Text;
  /** That it keeps the key from now on. */
  readonly keepsNow: () => string;
}

/** What people are told of each kind. */
export const KEYCHAIN_WORDS: Readonly<Record<KeychainKind, KeychainWords>> = {
  system: {
    explanation: "the keychain of the operating system",
    keepsNow: () => t("the system keychain keeps the vault's key now"),
  },
  file: {
    explanation: "a key file in fob's folder that only you can read",
    keepsNow: () => t("a key file keeps the vault's key now"),
  },
  none: {
    explanation:
      "no key is kept; a passphrase of 12 characters or more opens the vault, and a recovery code is shown",
    keepsNow: () => t("nobody keeps the vault's key now: its passphrase opens it"),
  },
};

/** How a keeper keeps keys, and what is said where it does not have the right one. */
interface Keeper {
  /**
   * Whether it keeps a vault's first key under the vault's id. Else there is one place for all
   * vaults of a home: the key in it may be another vault's.
   */
  readonly isPerVault: boolean;
  readonly noKey: () => string;
  readonly anotherKey: () => string;
}

/** How each keeper keeps keys. */
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
};
