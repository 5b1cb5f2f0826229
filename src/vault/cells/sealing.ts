import { createHash } from "node:crypto";
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";

const CHECKSUM_LENGTH = 32;

/** Length in bytes of every symmetric key of the vault. */
export const KEY_LENGTH = 32;

/** Length in bytes of a sealed 32-byte key: nonce, ciphertext, tag. */
export const WRAPPED_KEY_LENGTH = NONCE_BYTES + KEY_LENGTH + TAG_BYTES;

/**
 * Turns a value into bytes that are valid in one place only, and back. `place` names that place
 * (vault, cell and generation) and is bound to the bytes without being stored in them.
 */
export interface Seal {
  seal(plaintext: Uint8Array, place: string): Buffer;

  /** The value, or null when the bytes were altered, cut, or belong to another place or key. */
  open(sealed: Buffer, place: string): Buffer | null;
}

/** A seal that keeps its values secret and unaltered under a 32-byte key. */
export function encryptingSeal(key: Uint8Array): Seal {
  return {
    seal: (plaintext, place) => encrypt(key, plaintext, place),
    open: (sealed, place) => decrypt(key, sealed, place),
  };
}

/**
 * A seal for what must be read before there is a key (header, wrong-PIN counters): a SHA-256
 * checksum in front. It tells a torn or damaged file from a whole one; it does not stop somebody
 * who can write to the vault.
 */
export const checksumSeal: Seal = {
  seal: (plaintext, place) => Buffer.concat([checksum(plaintext, place), plaintext]),
  open: (sealed, place) => {
    const value = withoutChecksum(sealed);
    return checksum(value, place).equals(sealed.subarray(0, CHECKSUM_LENGTH)) ? value : null;
  },
};

/** What stands behind the checksum of {@link checksumSeal}, whether that is right or not. */
export function withoutChecksum(sealed: Buffer): Buffer {
  return sealed.subarray(CHECKSUM_LENGTH);
}

function checksum(value: Uint8Array, place: string): Buffer {
  return createHash("sha256").update(place).update("\0").update(value).digest();
}
