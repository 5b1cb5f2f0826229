import { hkdfSync, randomBytes, scrypt } from "node:crypto";
import { decrypt, encrypt } from "#base/gcm.ts";
import type { Secret } from "#token/secret.ts";
import { KEY_LENGTH } from "#vault/cells/sealing.ts";

/**
 * How a PIN is stretched into a key (RFC 7914); stored beside what it protects, so that it can
 * grow. `salt` is Base64.
 */
export interface PinStretching {
  readonly name: "scrypt";
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
}

/**
 * Costs that a header may ask for at most: a foreign one must not take all memory or hours (128 * N
 * * r bytes).
 */
export const MAX_SCRYPT = { N: 2 ** 20, r: 8, p: 4 } as const;

/** A new random key of 32 bytes. */
export function newKey(): Secret {
  return randomBytes(KEY_LENGTH);
}

/** A new name for a key that follows another one. */
export function newItem(): `key-${string}` {
  return `key-${randomBytes(8).toString("hex")}`;
}

/** Today's costs (378 ms on the machine of docs/performance.md) with a new salt of 16 bytes. */
export function newStretching(): PinStretching {
  return { name: "scrypt", N: 2 ** 17, r: 8, p: 1, salt: randomBytes(16).toString("base64") };
}

/** scrypt of a PIN, 32 bytes; slow on purpose. */
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

/** HKDF-SHA-256 (RFC 5869) to 32 bytes. `purpose` keeps keys for different uses apart. */
export function deriveKey(
  material: Uint8Array,
  salt: Uint8Array | string,
  purpose: string,
): Secret {
  return Buffer.from(hkdfSync("sha256", material, salt, `fob ${purpose}`, KEY_LENGTH));
}

/** A key sealed under another key, as Base64. `place` is where it may be unwrapped. */
export function wrapKey(key: Uint8Array, under: Uint8Array, place: string): string {
  return encrypt(under, key, place).toString("base64");
}

/**
 * Reverses {@link wrapKey}; null when `under` is the wrong key or the wrapping belongs elsewhere.
 */
export function unwrapKey(wrapped: string, under: Uint8Array, place: string): Secret | null {
  const key = decrypt(under, Buffer.from(wrapped, "base64"), place);
  return key?.length === KEY_LENGTH ? key : null;
}
