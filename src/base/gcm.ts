import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** The length of GCM's nonce in every format, in bytes. */
export const NONCE_BYTES = 12;

/** The length of GCM's tag in every format, in bytes. */
export const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random 96-bit nonce: nonce, ciphertext and tag in one buffer (NIST SP
 * 800-38D). `associated` is bound to them without being stored in them.
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associated = ""): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(associated));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Reverses {@link encrypt}, with a key of 16, 24 or 32 bytes; null when key, bytes or associated
 * data are not the ones it was given.
 */
export function decrypt(key: Uint8Array, sealed: Uint8Array, associated = ""): Buffer | null {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
  const bits = (key.length * 8) as 128 | 192 | 256;
  const decipher = createDecipheriv(`aes-${bits}-gcm`, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
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
