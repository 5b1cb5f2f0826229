import { createCipheriv } from "node:crypto";
import { hmac } from "#otp/algorithm.ts";

/** A realization of DSKPP-PRF (RFC 6063 section 3.4.2), which derives keys and makes MACs. */
export interface Prf {
  /** The identifier that messages carry. */
  readonly id: string;
  /** The length of its keys in bytes. A longer one is cut to its beginning (section 5.2.2). */
  readonly keyBytes: number;
  /** F of appendix D: one block for a key and a message. */
  block(key: Uint8Array, message: Uint8Array): Buffer;
}

/** DSKPP-PRF-SHA256 (RFC 6063 appendix D.3). */
const PRF_SHA256: Prf = {
  id: "urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256",
  keyBytes: 32,
  block: (key, message) => hmac("SHA256", key, message),
};

/** DSKPP-PRF-AES (RFC 6063 appendix D.2). */
const PRF_AES: Prf = {
  id: "urn:ietf:params:xml:ns:keyprov:dskpp:prf-aes-128",
  keyBytes: 16,
  block: aesCmac,
};

/** Every realization, the preferred one first. */
export const PRFS: readonly [Prf, ...Prf[]] = [PRF_SHA256, PRF_AES];

/** DSKPP-PRF(k, s, dsLen): `length` bytes from a key and a text (RFC 6063 appendix D). */
export function derive(prf: Prf, key: Uint8Array, text: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += blocks.at(-1)?.length ?? 0) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(blocks.length + 1);
    blocks.push(prf.block(key, Buffer.concat([index, text])));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

const BLOCK_BYTES = 16;

/** AES-CMAC with a key of 128 bits (RFC 4493). */
export function aesCmac(key: Uint8Array, message: Uint8Array): Buffer {
  const first = double(lastBlock(key, Buffer.alloc(BLOCK_BYTES)));
  const isWhole = message.length > 0 && message.length % BLOCK_BYTES === 0;
  const padding = isWhole
    ? []
    : [Buffer.of(0x80), Buffer.alloc((2 * BLOCK_BYTES - 1 - (message.length % 16)) % 16)];
  const padded = Buffer.concat([message, ...padding]);
  const mask = isWhole ? first : double(first);
  const start = padded.length - BLOCK_BYTES;
  for (let i = 0; i < BLOCK_BYTES; i++)
    padded[start + i] = (padded[start + i] ?? 0) ^ (mask[i] ?? 0);
  return lastBlock(key, padded);
}

/** The last block of a text of whole blocks under AES-CBC that starts from zeros. */
function lastBlock(key: Uint8Array, blocks: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-cbc", key, Buffer.alloc(BLOCK_BYTES)).setAutoPadding(
    false,
  );
  return Buffer.concat([cipher.update(blocks), cipher.final()]).subarray(-BLOCK_BYTES);
}

/** Multiplication by x in GF(2^128), as subkeys are made (RFC 4493 section 2.3). */
function double(block: Buffer): Buffer {
  const value = BigInt(`0x${block.toString("hex")}`);
  const shifted = BigInt.asUintN(128, value << 1n) ^ (value >> 127n === 1n ? 0x87n : 0n);
  return Buffer.from(shifted.toString(16).padStart(32, "0"), "hex");
}
