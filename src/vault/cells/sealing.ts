import { createHash } from "node:crypto";
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";

const CHECKSUM_LENGTH = 32;

/** The length of every symmetric key of the vault, in bytes. */
export const KEY_LENGTH = 32;

/** The length of an encrypted 32-byte key in bytes: nonce, ciphertext, tag. */
export const WRAPPED_KEY_LENGTH = NONCE_BYTES + KEY_LENGTH + TAG_BYTES;

/**
 * Converts a value to bytes that verify in one place only, and back. `place` names that place
 * (vault, cell and generation); it is authenticated and not stored.
 */
export interface Seal {
  seal(plaintext: Uint8Array, place: string): Buffer;

  /**
   * The value, or null when the bytes were altered or truncated, or belong to another place or key.
   */
  open(sealed: Buffer, place: string): Buffer | null;
}

/** A seal that encrypts and authenticates with a 32-byte key. */
export function encryptingSeal(key: Uint8Array): Seal {
  return {
    seal: (plaintext, place) => encrypt(key, plaintext, place),
    open: (sealed, place) => decrypt(key, sealed, place),
  };
}

/**
 * A seal for values that are read before there is a key (header, wrong-PIN counters): a SHA-256
 * checksum in front. It detects damaged files, but no changes by somebody who can write to the
 * vault.
 */
export const checksumSeal: Seal = {
  seal: (plaintext, place) => Buffer.concat([checksum(plaintext, place), plaintext]),
  open: (sealed, place) => {
    const value = withoutChecksum(sealed);
    return checksum(value, place).equals(sealed.subarray(0, CHECKSUM_LENGTH)) ? value : null;
  },
};

/** The bytes after the checksum of {@link checksumSeal}, unverified. */
export function withoutChecksum(sealed: Buffer): Buffer {
  return sealed.subarray(CHECKSUM_LENGTH);
}

function checksum(value: Uint8Array, place: string): Buffer {
  return createHash("sha256").update(place).update("\0").update(value).digest();
}
