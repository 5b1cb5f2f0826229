import { pbkdf2 } from "node:crypto";
import type { Secret } from "#token/secret.ts";

/** Length in octets of the keys that a passphrase becomes. */
export const PASSPHRASE_KEY_BYTES = 16;

/** PBKDF2 as PKCS #5 has it unless told otherwise: with HMAC-SHA-1. */
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
