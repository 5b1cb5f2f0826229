import { pbkdf2 } from "node:crypto";
import type { Secret } from "#token/secret.ts";

/** The length of keys from a passphrase, in octets. */
export const PASSPHRASE_KEY_BYTES = 16;

/** Derives a key with PBKDF2 and its default PRF, HMAC-SHA-1 (PKCS #5). */
export function passphraseKey(
  passphrase: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Secret> {
  return new Promise((resolve, reject) => {
    pbkdf2(passphrase, salt, iterations, PASSPHRASE_KEY_BYTES, "sha1", (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
