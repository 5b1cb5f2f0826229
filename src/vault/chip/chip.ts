import type { HashAlgorithm } from "#otp/algorithm.ts";
import type { Secret } from "#token/secret.ts";

/**
 * A key that a chip has wrapped for itself: only that chip can use it. All parts are Base64.
 */
export interface ChipKey {
  /** The name of the storage key below which it is. */
  readonly parent: string;
  readonly publicArea: string;
  readonly privateArea: string;
}

/** A counter of a chip that cannot be set back. Its auth value is random; all parts are Base64. */
export interface ChipCounter {
  /** The name of the storage key that sessions with this chip are started with. */
  readonly parent: string;
  /** Begins with its index. */
  readonly publicArea: string;
  readonly auth: string;
}

/** A chip's counter for a token: its values are `offset` below the token's counters. */
export interface TokenCounter extends ChipCounter {
  /** In decimal digits. A new counter begins at the greatest value that any had in this chip. */
  readonly offset: string;
}

/** An HMAC key of a chip, with its hash function. */
export interface HeldKey extends ChipKey {
  readonly algorithm: HashAlgorithm;
  /** What counts for an event-based token; absent where the vault counts. */
  readonly counter?: TokenCounter;
}

/**
 * The chip of this machine. An auth value guards each key: the chip itself counts wrong ones.
 *
 * Every method throws FobError `unavailable` when the chip cannot be reached or lacks what is
 * needed, `invalid` for a key of another chip or of this one before it was cleared, and `locked`
 * when too many auth values were wrong.
 */
export interface Chip {
  /** Throws as every method does where the chip cannot be used. */
  reach(): Promise<void>;

  /** Makes a secret an HMAC key of the chip. */
  holdSecret(secret: Secret, algorithm: HashAlgorithm, auth: Secret): Promise<HeldKey>;

  /**
   * The HMAC of each message, or null when the auth value is wrong, which the chip has counted.
   */
  hmacs(
    key: HeldKey,
    auth: Secret,
    messages: readonly Uint8Array[],
  ): Promise<readonly Buffer[] | null>;

  /** Seals up to 64 bytes, to be released for this auth value. */
  seal(data: Secret, auth: Secret): Promise<ChipKey>;

  /** What was sealed, or null when the auth value is wrong, which the chip has counted. */
  unseal(key: ChipKey, auth: Secret): Promise<Secret | null>;

  /** The same key for another auth value; null when `auth` is wrong. The old one stays valid. */
  changeAuth<Key extends ChipKey>(key: Key, auth: Secret, next: Secret): Promise<Key | null>;

  /** Throws as every method does where this key cannot be used here. */
  check(key: ChipKey): Promise<void>;

  /** Makes a counter, which tells others of this vault from those of other vaults. */
  makeCounter(vaultId: string): Promise<ChipCounter & { readonly value: bigint }>;

  /** The next value of a counter; each value is given once. */
  count(counter: ChipCounter): Promise<bigint>;

  /** Removes the counter with this index. */
  removeCounter(index: number): Promise<void>;

  /** The indices of the counters that were made for a vault. */
  countersOf(vaultId: string): Promise<readonly number[]>;
}
