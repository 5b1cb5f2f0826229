import { createHash } from "node:crypto";

/**
 * The key that a legacy activation code stands for: KDF1 of ISO 18033-2 with SHA-256 over entropy
 * and policy, 32 bytes. `entropy` is the 80 bits of the code, `policy` the UTF-8 policy text, empty
 * where the code has none.
 */
export function deriveActivationKey(
  entropy: Uint8Array,
  policy: Uint8Array = new Uint8Array(),
): Buffer {
  // KDF1 hashes a 32-bit block number, and 32 bytes are the block 0
  return createHash("sha256").update(entropy).update(policy).update(Buffer.alloc(4)).digest();
}
