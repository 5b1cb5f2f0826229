import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const CHECKSUM_LENGTH = 32;

/** Length in bytes of every symmetric key of the vault. */
export const KEY_LENGTH = 32;

/** Length in bytes of a sealed 32-byte key: nonce, ciphertext, tag. */
export const WRAPPED_KEY_LENGTH = NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH;

/**
 * Turns a value into bytes that are valid in one place only, and back. `place` names that place
 * (vault, cell and generation) and is bound to the bytes without being stored in them.
 */
export interface Seal {
  seal(plaintext: Uint8Array, place: string): Buffer;

  /** The value, or null when the bytes were altered, cut, or belong to another place or key. */
  open(sealed: Buffer, place: string): Buffer | null;
}

/**
 * AES-256-GCM with a random 96-bit nonce: nonce, ciphertext and tag in one buffer (NIST SP
 * 800-38D).
 */
export function encrypt(
  key: Uint8Array,
  plaintext: Uint8Array,
  associated: string | Uint8Array,
): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(typeof associated === "string" ? Buffer.from(associated) : associated);
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Reverses {@link encrypt}; null when key, bytes or associated data are not the ones it was given.
 */
export function decrypt(
  key: Uint8Array,
  sealed: Uint8Array,
  associated: string | Uint8Array,
): Buffer | null {
  if (sealed.length < NONCE_LENGTH + TAG_LENGTH) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_LENGTH), {
    authTagLength: TAG_LENGTH,
  });
  decipher.setAAD(typeof associated === "string" ? Buffer.from(associated) : associated);
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
  const plaintext = decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH));
  try {
    // GCM keeps no block back: there is nothing to append
    decipher.final();
    return plaintext;
  } catch {
    // node:crypto has one way to say that a tag does not match
    plaintext.fill(0);
    return null;
  }
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
