import { createCipheriv, createHash } from "node:crypto";
import { forget, type Secret } from "#token/secret.ts";

const BLOCK_BYTES = 16;

/** What is encrypted at once, in bytes. */
const PIECE = Buffer.alloc(2 ** 16);

/**
 * KeePass's derivation: each half of 32 bytes is encrypted with AES-256 under the seed, as often as
 * `rounds` says; the SHA-256 of both is the key. The caller has bounded the rounds.
 */
export function aesKdf(bytes: Uint8Array, seed: Uint8Array, rounds: bigint): Secret {
  const halves = [bytes.subarray(0, BLOCK_BYTES), bytes.subarray(BLOCK_BYTES)].map((half) =>
    encryptOften(half, seed, Number(rounds)),
  );
  const key = createHash("sha256").update(Buffer.concat(halves)).digest();
  forget(...halves);
  return key;
}

/** CBC encrypts each block together with the result before it: zeros make that the result alone. */
function encryptOften(block: Uint8Array, key: Uint8Array, rounds: number): Buffer {
  const cipher = createCipheriv("aes-256-cbc", key, block);
  let last = Buffer.from(block);
  for (let left = rounds * BLOCK_BYTES; left > 0; left -= PIECE.length) {
    const made = cipher.update(PIECE.subarray(0, Math.min(left, PIECE.length)));
    last = Buffer.from(made.subarray(-BLOCK_BYTES));
  }
  return last;
}
