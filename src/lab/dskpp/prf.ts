import { createCipheriv, createHmac } from "node:crypto";

const BLOCK = 16;

/**
 * A realization of DSKPP-PRF: derives `length` octets from a secret key of at least 16 octets and a
 * text (RFC 6063 section 3.4.2).
 */
export type Prf = (key: Uint8Array, text: Uint8Array, length: number) => Buffer;

/**
 * DSKPP-PRF-AES (appendix D.2): AES-128-CMAC over block number and text. Only the first 16 octets
 * of a longer key are used, as section 5.2.2 says of K_MAC.
 */
export const prfAes: Prf = expand((key, text) => cmac(key.subarray(0, BLOCK), text));

/** DSKPP-PRF-SHA256 (appendix D.3): HMAC-SHA-256 over block number and text. */
export const prfSha256: Prf = expand((key, text) =>
  createHmac("sha256", key).update(text).digest(),
);

/**
 * Concatenates blocks of a keyed function over the block number (four octets, from 1) and the text.
 */
function expand(block: (key: Uint8Array, text: Buffer) => Buffer): Prf {
  return (key, text, length) => {
    const blocks: Buffer[] = [];
    for (let size = 0; size < length; size = Buffer.concat(blocks).length) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(blocks.length + 1);
      blocks.push(block(key, Buffer.concat([number, text])));
    }
    return Buffer.concat(blocks).subarray(0, length);
  };
}

/** AES-CMAC with a key of 16 octets (RFC 4493). */
export function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const subkey1 = double(cbc(key, Buffer.alloc(BLOCK)));
  const whole = message.length > 0 && message.length % BLOCK === 0;
  const last = whole ? message.length - BLOCK : message.length - (message.length % BLOCK);
  const padded = Buffer.alloc(BLOCK);
  padded.set(message.subarray(last));
  if (!whole) padded[message.length - last] = 0x80;
  const masked = xor(padded, whole ? subkey1 : double(subkey1));
  return cbc(key, Buffer.concat([message.subarray(0, last), masked])).subarray(-BLOCK);
}

/** AES in CBC mode with a zero IV and without padding. */
function cbc(key: Uint8Array, blocks: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-cbc", key, Buffer.alloc(BLOCK)).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

/** Doubling in GF(2^128) (RFC 4493 section 2.3). */
function double(block: Buffer): Buffer {
  const value = BigInt(`0x${block.toString("hex")}`) << 1n;
  const reduced = value >> 128n ? (value ^ 0x87n) & ((1n << 128n) - 1n) : value;
  return Buffer.from(reduced.toString(16).padStart(2 * BLOCK, "0"), "hex");
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
}
