import {
  constants,
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import type { Secret } from "#token/secret.ts";
import { sized, u32 } from "./tpm-bytes.ts";

/** The bytes of nonces, of session keys and of SHA-256. */
export const DIGEST_BYTES = 32;

/** SHA-256 of these parts. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/**
 * KDFa with SHA-256 (TPM 2.0 Library, part 1, section 11.4.10.2): SP 800-108 in counter mode.
 * `bytes` is at most a few blocks.
 */
export function kdfA(
  key: Uint8Array,
  label: string,
  [contextU, contextV]: readonly [Uint8Array, Uint8Array],
  bytes: number,
): Secret {
  const blocks: Buffer[] = [];
  for (let counter = 1; (counter - 1) * DIGEST_BYTES < bytes; counter++) {
    const block = createHmac("sha256", key)
      .update(u32(counter))
      .update(`${label}\0`)
      .update(contextU)
      .update(contextV)
      .update(u32(bytes * 8));
    blocks.push(block.digest());
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** KDFe with SHA-256 (part 1, section 11.4.10.3), for 32 bytes: one block. */
function kdfE(z: Uint8Array, label: string, partyU: Uint8Array, partyV: Uint8Array): Secret {
  return sha256(u32(1), z, Buffer.from(`${label}\0`), partyU, partyV);
}

/** A random salt that only the chip can read, and how it is sent (part 1, section 19.6.9). */
export interface Salt {
  readonly salt: Secret;
  readonly encrypted: Buffer;
}

/** The public half of a storage key that salts are encrypted for. */
export type SaltKey =
  | { readonly kind: "ecc"; readonly x: Buffer; readonly y: Buffer }
  | { readonly kind: "rsa"; readonly modulus: Buffer };

/** A new salt for this key. */
export function newSalt(key: SaltKey): Salt {
  return key.kind === "ecc" ? saltByEcdh(key) : saltByRsa(key);
}

/** One-pass Diffie-Hellman with an ephemeral key (part 1, appendix C.6.1). */
function saltByEcdh({ x, y }: SaltKey & { readonly kind: "ecc" }): Salt {
  const own = createECDH("prime256v1");
  const point = own.generateKeys();
  const z = own.computeSecret(Buffer.concat([Buffer.from([4]), coordinate(x), coordinate(y)]));
  const [ownX, ownY] = [point.subarray(1, 33), point.subarray(33, 65)];
  return {
    salt: kdfE(z, "SECRET", ownX, coordinate(x)),
    encrypted: Buffer.concat([sized(ownX), sized(ownY)]),
  };
}

/** RSA-OAEP (part 1, appendix B.10.2). The label ends with a zero byte. */
function saltByRsa({ modulus }: SaltKey & { readonly kind: "rsa" }): Salt {
  const salt = randomBytes(DIGEST_BYTES);
  const key = createPublicKey({
    key: { kty: "RSA", n: modulus.toString("base64url"), e: "AQAB" },
    format: "jwk",
  });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const oaepLabel = Buffer.from("SECRET\0");
  return {
    salt,
    encrypted: publicEncrypt({ key, padding, oaepHash: "sha256", oaepLabel }, salt),
  };
}

/** A coordinate of P-256 in all of its 32 bytes: a chip may leave out leading zeros. */
function coordinate(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(Math.max(0, 32 - bytes.length)), bytes]);
}

/** AES-128-CFB under a key of KDFa, as parameters are encrypted (part 1, section 21.3). */
export function cfb(
  direction: "encrypt" | "decrypt",
  sessionValue: Uint8Array,
  nonces: readonly [newer: Uint8Array, older: Uint8Array],
  bytes: Uint8Array,
): Buffer {
  const material = kdfA(sessionValue, "CFB", nonces, 32);
  const [key, iv] = [material.subarray(0, 16), material.subarray(16)];
  const cipher =
    direction === "encrypt"
      ? createCipheriv("aes-128-cfb", key, iv)
      : createDecipheriv("aes-128-cfb", key, iv);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

/** HMAC-SHA-256 of these parts. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}
