import { createHmac } from "node:crypto";

/** The hash functions of HMAC-based passcodes. */
export const HASH_ALGORITHMS = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] as const;

/** A hash function, by its name in Key URIs. */
export type HashAlgorithm = (typeof HASH_ALGORITHMS)[number];

/** The output length of each hash function, in bytes. */
export const HASH_BYTES: Readonly<Record<HashAlgorithm, number>> = {
  SHA1: 20,
  SHA224: 28,
  SHA256: 32,
  SHA384: 48,
  SHA512: 64,
};

/** HMAC (RFC 2104) of `message` under `key`, as raw bytes. */
export function hmac(algorithm: HashAlgorithm, key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac(algorithm, key).update(message).digest();
}
