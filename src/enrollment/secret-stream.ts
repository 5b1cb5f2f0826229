import { sameSecret } from "#token/secret.ts";

/** The bytes that a message of a stream adds to its text: one for its role, and the tag. */
const OVERHEAD_BYTES = 17;
const TAG_BYTES = 16;
const BLOCK_BYTES = 64;

/** The length of a stream's header, in bytes. */
export const STREAM_HEADER_BYTES = 24;

/** The constant of ChaCha20 (RFC 8439 section 2.3). */
const SIGMA = Buffer.from("expand 32-byte k");

/** Roles of a message: one of several, and the last one. */
const ROLES: readonly (number | undefined)[] = [0, 3];

/**
 * The text of a stream of libsodium (`crypto_secretstream_xchacha20poly1305`) that has one message:
 * ChaCha20 and Poly1305 under a key that HChaCha20 makes of `key` and the header. Null when the tag
 * does not match.
 */
export async function openStream(
  key: Uint8Array,
  header: Buffer,
  message: Buffer,
): Promise<Buffer | null> {
  if (header.length !== STREAM_HEADER_BYTES || message.length < OVERHEAD_BYTES) return null;
  const { chacha20, hchacha } = await import("@noble/ciphers/chacha.js");
  const { poly1305 } = await import("@noble/ciphers/_poly1305.js");
  const subkey = new Uint32Array(8);
  hchacha(words(SIGMA), words(key), words(header.subarray(0, 16)), subkey);
  const streamKey = Buffer.from(subkey.buffer);
  // the number of the message, which counts from 1, and the header's end
  const nonce = Buffer.concat([Buffer.from([1, 0, 0, 0]), header.subarray(16)]);
  const ciphertext = message.subarray(1, -TAG_BYTES);
  const role = Buffer.alloc(BLOCK_BYTES);
  role[0] = message[0] ?? 0;
  const roleBlock = chacha20(streamKey, nonce, role, undefined, 1);
  const authentic = Buffer.concat([
    message.subarray(0, 1),
    roleBlock.subarray(1),
    ciphertext,
    // libsodium pads by the length of the text alone
    Buffer.alloc((16 - BLOCK_BYTES + ciphertext.length) & 15),
    lengths(BLOCK_BYTES + ciphertext.length),
  ]);
  const macKey = chacha20(streamKey, nonce, new Uint8Array(32));
  const isAuthentic = sameSecret(poly1305(authentic, macKey), message.subarray(-TAG_BYTES));
  if (!isAuthentic || !ROLES.includes(roleBlock[0])) return null;
  return Buffer.from(chacha20(streamKey, nonce, ciphertext, undefined, 2));
}

/** There is no additional authenticated data. */
function lengths(authenticBytes: number): Buffer {
  const block = Buffer.alloc(16);
  block.writeBigUInt64LE(BigInt(authenticBytes), 8);
  return block;
}

/** Bytes as words in this machine's byte order. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
