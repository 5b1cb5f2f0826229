import type { HashAlgorithm } from "#otp/algorithm.ts";
import { sized, TpmReader, u16, u32 } from "./tpm-bytes.ts";
import { type SaltKey, sha256 } from "./tpm-crypto.ts";

/** Identifiers of algorithms (TCG Algorithm Registry). */
const ALGORITHM = {
  rsa: 0x0001,
  hmac: 0x0005,
  aes: 0x0006,
  keyedHash: 0x0008,
  sha256: 0x000b,
  none: 0x0010,
  ecc: 0x0023,
  cfb: 0x0043,
} as const;

/** The hash functions of HMACs that a TPM can have; it has no SHA-224. */
export const HASH_IDS: Readonly<Record<HashAlgorithm, number | null>> = {
  SHA1: 0x0004,
  SHA224: null,
  SHA256: 0x000b,
  SHA384: 0x000c,
  SHA512: 0x000d,
};

const NIST_P256 = 0x0003;

/** Attributes of objects (part 2, section 8.3). */
export const ATTRIBUTES = {
  fixedTpm: 1 << 1,
  fixedParent: 1 << 4,
  sensitiveDataOrigin: 1 << 5,
  userWithAuth: 1 << 6,
  noDa: 1 << 10,
  restricted: 1 << 16,
  decrypt: 1 << 17,
  sign: 1 << 18,
} as const;

const { fixedTpm, fixedParent, sensitiveDataOrigin, userWithAuth, noDa } = ATTRIBUTES;
const STORAGE_KEY =
  fixedTpm |
  fixedParent |
  sensitiveDataOrigin |
  userWithAuth |
  noDa |
  ATTRIBUTES.restricted |
  ATTRIBUTES.decrypt;

/** Held keys stay in this chip, and count wrong PINs: noDA is clear. */
const HELD_KEY = fixedTpm | fixedParent | userWithAuth;

/** AES-128-CFB, which protects the objects below a storage key. */
const SYMMETRIC = Buffer.concat([u16(ALGORITHM.aes), u16(128), u16(ALGORITHM.cfb)]);

/** The template of the storage primary key: the same chip makes the same key from it every time. */
export const STORAGE_TEMPLATE = publicArea(ALGORITHM.ecc, STORAGE_KEY, [
  SYMMETRIC,
  u16(ALGORITHM.none),
  u16(NIST_P256),
  u16(ALGORITHM.none),
  sized(),
  sized(),
]);

/** The template of an HMAC key with this hash function. */
export function hmacTemplate(hashId: number): Buffer {
  const scheme = [u16(ALGORITHM.hmac), u16(hashId), sized()];
  return publicArea(ALGORITHM.keyedHash, HELD_KEY | ATTRIBUTES.sign, scheme);
}

/** The template of sealed data. */
export const SEAL_TEMPLATE = publicArea(ALGORITHM.keyedHash, HELD_KEY, [
  u16(ALGORITHM.none),
  sized(),
]);

function publicArea(type: number, attributes: number, rest: readonly Buffer[]): Buffer {
  const policy = sized();
  return Buffer.concat([u16(type), u16(ALGORITHM.sha256), u32(attributes), policy, ...rest]);
}

/** The name of an object: the hash of its public area, and which hash that is. */
export function nameOf(publicBytes: Uint8Array): Buffer {
  return Buffer.concat([u16(ALGORITHM.sha256), sha256(publicBytes)]);
}

/**
 * What of a public area encrypts salts. Null where the object is no storage key that fob can use:
 * another kind, or one that leaves the chip.
 */
export function saltKeyOf(publicBytes: Buffer): SaltKey | null {
  const reader = new TpmReader(publicBytes);
  const [type, nameHash, attributes] = [reader.u16(), reader.u16(), reader.u32()];
  const wanted = fixedTpm | fixedParent | ATTRIBUTES.restricted | ATTRIBUTES.decrypt | userWithAuth;
  if (nameHash !== ALGORITHM.sha256 || (attributes & wanted) !== wanted) return null;
  reader.sized();
  if (reader.u16() === ALGORITHM.none) return null;
  reader.take(4);
  if (reader.u16() !== ALGORITHM.none) return null;
  if (type === ALGORITHM.ecc) return eccKey(reader);
  return type === ALGORITHM.rsa ? rsaKey(reader) : null;
}

function eccKey(reader: TpmReader): SaltKey | null {
  const [curve, kdf] = [reader.u16(), reader.u16()];
  if (curve !== NIST_P256 || kdf !== ALGORITHM.none) return null;
  const [x, y] = [reader.sized(), reader.sized()];
  reader.end();
  return x.length <= 32 && y.length <= 32 ? { kind: "ecc", x, y } : null;
}

/** An exponent of 0 stands for 65537. */
function rsaKey(reader: TpmReader): SaltKey | null {
  reader.u16();
  if (reader.u32() !== 0) return null;
  const modulus = reader.sized();
  reader.end();
  return { kind: "rsa", modulus };
}
