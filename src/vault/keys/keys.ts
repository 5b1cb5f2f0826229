import { hkdfSync, randomBytes, scrypt } from "node:crypto";
import { decrypt, encrypt } from "#base/gcm.ts";
import type { Secret } from "#token/secret.ts";
import { KEY_LENGTH } from "#vault/cells/sealing.ts";

/**
 * The parameters that derive a key from a PIN (scrypt, RFC 7914), stored beside the ciphertext so
 * that they can be raised later. `salt` is Base64.
 */
export interface PinStretching {
  readonly name: "scrypt";
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
}

/**
 * The highest costs that a header may have, because a foreign one must not exhaust memory (128 * N
 * * r bytes) or time.
 */
export const MAX_SCRYPT = { N: 2 ** 20, r: 8, p: 4 } as const;

/** A new random key of 32 bytes. */
export function newKey(): Secret {
  return randomBytes(KEY_LENGTH);
}

/** A new random name for a key that replaces another one. */
export function newItem(): `key-${string}` {
  return `key-${randomBytes(8).toString("hex")}`;
}

/** The costs of a new PIN: 378 ms on the machine of docs/performance.md. */
export const PIN_COSTS: Pick<PinStretching, "N" | "r" | "p"> = { N: 2 ** 17, r: 8, p: 1 };

/** The costs of a new PIN with a new salt of 16 bytes. */
export function newStretching(): PinStretching {
  return { name: "scrypt", ...PIN_COSTS, salt: randomBytes(16).toString("base64") };
}

/** Derives 32 bytes from a PIN with scrypt. */
export function stretchPin(pin: Uint8Array, { N, r, p, salt }: PinStretching): Promise<Secret> {
  return new Promise((resolve, reject) => {
    scrypt(
      pin,
      Buffer.from(salt, "base64"),
      KEY_LENGTH,
      { N, r, p, maxmem: 256 * N * r },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}

/** Derives 32 bytes with HKDF-SHA-256 (RFC 5869). `purpose` separates keys for different uses. */
export function deriveKey(
  material: Uint8Array,
  salt: Uint8Array | string,
  purpose: string,
): Secret {
  return Buffer.from(hkdfSync("sha256", material, salt, `fob ${purpose}`, KEY_LENGTH));
}

/** Encrypts a key with another key, to Base64. It can be unwrapped only with the same `place`. */
export function wrapKey(key: Uint8Array, under: Uint8Array, place: string): string {
  return encrypt(under, key, place).toString("base64");
}

/** Reverses {@link wrapKey}; null when `under` is the wrong key or `place` another one. */
export function unwrapKey(wrapped: string, under: Uint8Array, place: string): Secret | null {
  const key = decrypt(under, Buffer.from(wrapped, "base64"), place);
  return key?.length === KEY_LENGTH ? key : null;
}
