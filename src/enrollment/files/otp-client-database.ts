import { createDecipheriv } from "node:crypto";
import { TAG_BYTES } from "#base/gcm.ts";
import type { Secret } from "#token/secret.ts";

/** A database of OTPClient, in its parts. */
export interface SealedDatabase {
  /** The bytes before the ciphertext, authenticated with it. */
  readonly header: Buffer;
  /** The nonce, which has 16 bytes here, and 12 everywhere else. */
  readonly iv: Buffer;
  /** The ciphertext and its tag. */
  readonly sealed: Buffer;
}

/** The content of a database under AES-256-GCM; null when the tag does not match. */
export function openDatabase(key: Secret, { header, iv, sealed }: SealedDatabase): Secret | null {
  if (sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    // any error of node:crypto means that the tag does not match
    return null;
  }
}
