import { createCipheriv, createDecipheriv } from "node:crypto";

/** The bytes of a file's key (https://age-encryption.org/v1). */
const FILE_KEY_BYTES = 16;
const TAG_BYTES = 16;

/** The bytes of a wrapped key, with its tag. */
export const WRAPPED_BYTES = FILE_KEY_BYTES + TAG_BYTES;

const CIPHER = "chacha20-poly1305";
const ONCE = { authTagLength: TAG_BYTES } as const;

/** A wrapping key is used once, so the nonce may be zeros. */
const NONCE = Buffer.alloc(12);

/** Wraps the key of an age file for the body of a recipient's stanza. */
export function wrapAgeFileKey(wrappingKey: Uint8Array, fileKey: Uint8Array): Buffer {
  const cipher = createCipheriv(CIPHER, wrappingKey, NONCE, ONCE);
  return Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Reverses {@link wrapAgeFileKey}. Null where the key is another one: the stanza is for another
 * recipient, or the passphrase is wrong.
 */
export function unwrapAgeFileKey(wrappingKey: Uint8Array, body: Uint8Array): Buffer | null {
  const decipher = createDecipheriv(CIPHER, wrappingKey, NONCE, ONCE);
  decipher.setAuthTag(body.subarray(FILE_KEY_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(0, FILE_KEY_BYTES)), decipher.final()]);
  } catch {
    // the tag does not match
    return null;
  }
}
