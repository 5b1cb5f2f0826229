import { createHash } from "node:crypto";
import { HASH_BYTES, type HashAlgorithm } from "#otp/algorithm.ts";
import type { Secret } from "#token/secret.ts";

/** The bytes of a block of each hash function (FIPS 180-4). */
const BLOCK_BYTES: Readonly<Record<number, number>> = { 48: 128, 64: 128 };
const SMALL_BLOCK = 64;

/**
 * The key of an HMAC as a chip takes it: one that is longer than a block is hashed, as HMAC itself
 * does (RFC 2104 section 2).
 */
export function hmacKeyBytes(secret: Secret, algorithm: HashAlgorithm): Secret {
  const block = BLOCK_BYTES[HASH_BYTES[algorithm]] ?? SMALL_BLOCK;
  return secret.length > block ? createHash(algorithm).update(secret).digest() : secret;
}
