import { createHash } from "node:crypto";

/**
 * Derives the secret key of a legacy activation code: KDF1 of ISO 18033-2 with SHA-256 over entropy
 * and policy, 32 bytes. `entropy` is the 80 bits of the code, `policy` the UTF-8 policy text, empty
 * where the code has none.
 */
export function deriveActivationKey(
  entropy: Uint8Array,
  policy: Uint8Array = new Uint8Array(),
): Buffer {
  // KDF1 appends a 32-bit block number; 32 bytes of output are block 0
  return createHash("sha256").update(entropy).update(policy).update(Buffer.alloc(4)).digest();
}
