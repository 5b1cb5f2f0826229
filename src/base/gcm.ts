import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** The length of the GCM nonce in every format that fob reads or writes, in bytes. */
export const NONCE_BYTES = 12;

/** The length of the GCM tag in every format that fob reads or writes, in bytes. */
export const TAG_BYTES = 16;

/**
 * Encrypts with AES-256-GCM and a random 96-bit nonce (NIST SP 800-38D). Returns nonce, ciphertext
 * and tag in one buffer. `associated` is authenticated and not stored.
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associated = ""): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(associated));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Reverses {@link encrypt}, with a key of 16, 24 or 32 bytes. Returns null when the key, the bytes
 * or the associated data are wrong.
 */
export function decrypt(key: Uint8Array, sealed: Uint8Array, associated = ""): Buffer | null {
  return decryptParts(key, {
    nonce: sealed.subarray(0, NONCE_BYTES),
    sealed: sealed.subarray(NONCE_BYTES),
    associated: Buffer.from(associated),
  });
}

/** What {@link encrypt} returns, in its parts, as other programs store them. */
export interface SealedParts {
  /** {@link NONCE_BYTES} long, or as long as the program makes it. */
  readonly nonce: Uint8Array;
  /** The ciphertext with its tag. */
  readonly sealed: Uint8Array;
  readonly associated?: Uint8Array;
}

/** {@link decrypt} for a nonce that stands elsewhere. */
export function decryptParts(
  key: Uint8Array,
  { nonce, sealed, associated }: SealedParts,
): Buffer | null {
  if (nonce.length === 0 || sealed.length < TAG_BYTES) return null;
  const bits = (key.length * 8) as 128 | 192 | 256;
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv(`aes-${bits}-gcm`, key, nonce, options);
  if (associated) decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    // returns no bytes: GCM is a stream mode
    decipher.final();
    return plaintext;
  } catch {
    // the only error here is a tag that does not match
    plaintext.fill(0);
    return null;
  }
}
