import { createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { decrypt as decryptGcm } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { Effort } from "#enrollment/effort.ts";
import { openWithPassphrase, type Pbkdf2Hash } from "#enrollment/passphrase.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";
import { forget } from "#token/secret.ts";
import { attribute, base64, child, childText, type Element } from "./xml.ts";

/** A number of rounds that can be written; how many are too many, depends on the hash. */
const MAX_ITERATIONS = 10_000_000;

const IV_BYTES = { cbc: 16, "3des": 8 } as const;

/** RFC 3217 section 3: the second encryption of a wrapped key has this initial value. */
const TRIPLE_DES_WRAP_IV = Buffer.from("4adda22c79e82105", "hex");
const TRIPLE_DES_BLOCK = 8;

/** The default initial value of RFC 3394. */
const WRAP_IV = Buffer.from("a6a6a6a6a6a6a6a6", "hex");

interface Cipher {
  readonly mode: "cbc" | "3des" | "3des-wrap" | "gcm" | "wrap";
  readonly name:
    | "aes-128-cbc"
    | "aes-192-cbc"
    | "aes-256-cbc"
    | "camellia-128-cbc"
    | "camellia-192-cbc"
    | "camellia-256-cbc"
    | "des-ede3-cbc"
    | "aes-128-gcm"
    | "aes-192-gcm"
    | "aes-256-gcm"
    | "id-aes128-wrap"
    | "id-aes192-wrap"
    | "id-aes256-wrap";
  readonly keyBytes: number;
}

/** By the last part of the algorithm's identifier (XML Encryption 1.0 and 1.1). */
const CIPHERS: Readonly<Record<string, Cipher>> = {
  "aes128-cbc": { mode: "cbc", name: "aes-128-cbc", keyBytes: 16 },
  "aes192-cbc": { mode: "cbc", name: "aes-192-cbc", keyBytes: 24 },
  "aes256-cbc": { mode: "cbc", name: "aes-256-cbc", keyBytes: 32 },
  "camellia128-cbc": { mode: "cbc", name: "camellia-128-cbc", keyBytes: 16 },
  "camellia192-cbc": { mode: "cbc", name: "camellia-192-cbc", keyBytes: 24 },
  "camellia256-cbc": { mode: "cbc", name: "camellia-256-cbc", keyBytes: 32 },
  "kw-tripledes": { mode: "3des-wrap", name: "des-ede3-cbc", keyBytes: 24 },
  "tripledes-cbc": { mode: "3des", name: "des-ede3-cbc", keyBytes: 24 },
  "aes128-gcm": { mode: "gcm", name: "aes-128-gcm", keyBytes: 16 },
  "aes192-gcm": { mode: "gcm", name: "aes-192-gcm", keyBytes: 24 },
  "aes256-gcm": { mode: "gcm", name: "aes-256-gcm", keyBytes: 32 },
  "kw-aes128": { mode: "wrap", name: "id-aes128-wrap", keyBytes: 16 },
  "kw-aes192": { mode: "wrap", name: "id-aes192-wrap", keyBytes: 24 },
  "kw-aes256": { mode: "wrap", name: "id-aes256-wrap", keyBytes: 32 },
};

/** By the last part of the identifier, in the letters of both XML Signature and PKCS #5. */
const HASHES: Readonly<Record<string, Pbkdf2Hash>> = {
  "hmac-sha1": "sha1",
  "hmac-sha224": "sha224",
  "hmac-sha256": "sha256",
  "hmac-sha384": "sha384",
  "hmac-sha512": "sha512",
};

/**
 * What opens the values of one container, and checks their MACs. The caller forgets
 * both keys.
 */
export interface ContainerKeys {
  readonly encryptionKey: Buffer;
  readonly mac: { readonly hash: string; readonly key: Buffer } | null;
}

/** A decrypted or plain value, and whether a MAC or cipher mode protects its integrity. */
export interface OpenedValue {
  readonly bytes: Buffer;
  readonly isAuthentic: boolean;
}

/**
 * Asks for the container's passphrase or pre-shared key and makes its keys. Null when nothing in it
 * is encrypted. Rejects with FobError `denied` when what was given is wrong, `invalid` for a method
 * that is not supported.
 */
export async function openContainer(
  container: Element,
  askSecret: AskSecret,
  effort: Effort,
): Promise<ContainerKeys | null> {
  const encryption = child(container, "EncryptionKey");
  if (!encryption) return null;
  const encryptionKey = await openKey(encryption, askSecret, effort);
  try {
    return { encryptionKey, mac: openMac(container, encryptionKey) };
  } catch (error) {
    forget(encryptionKey);
    throw error;
  }
}

function openMac(container: Element, encryptionKey: Buffer): ContainerKeys["mac"] {
  const method = child(container, "MACMethod");
  const algorithm = attribute(method, "Algorithm");
  // key wraps need no MAC, but some programs write a MAC element
  if (!method || algorithm === null) return null;
  const hash = hashOf(algorithm, t("the MAC method"));
  const encryptedKey = child(method, "MACKey");
  // drafts of RFC 6030 took the encryption key for both
  if (!encryptedKey) return { hash, key: Buffer.from(encryptionKey) };
  const key = decrypt(encryptedKey, encryptionKey);
  if (!key) throw new FobError("denied", t("the key or passphrase does not open this container"));
  return { hash, key };
}

/**
 * A value of a key: plain, or encrypted and, where the container has a MAC key, checked against its
 * ValueMAC first. Null when there is none. Throws FobError `denied` when the keys do not fit,
 * `invalid` when it is damaged.
 */
export function openValue(
  element: Element | null,
  keys: ContainerKeys | null,
  what: string,
): OpenedValue | null {
  const plain = childText(element, "PlainValue");
  if (plain !== null) return { bytes: Buffer.from(plain), isAuthentic: true };
  const encrypted = child(element, "EncryptedValue");
  if (!encrypted) return null;
  if (!keys)
    throw new FobError(
      "invalid",
      t`${what} is encrypted, and the container does not say how to open it`,
    );
  const given = childText(element, "ValueMAC");
  const { mode } = cipherOf(encrypted);
  const bytes = decrypt(encrypted, keys.encryptionKey);
  if (given !== null)
    checkMac([cipherValue(encrypted), bytes], base64(given, "ValueMAC"), keys, what);
  if (!bytes) throw new FobError("denied", t`the key or passphrase does not open ${what}`);
  return { bytes, isAuthentic: given !== null || PROTECTED.has(mode) };
}

/** Cipher modes that detect changes without the key. */
const PROTECTED: ReadonlySet<Cipher["mode"]> = new Set(["gcm", "wrap", "3des-wrap"]);

async function openKey(encryption: Element, askSecret: AskSecret, effort: Effort): Promise<Buffer> {
  const derived = child(encryption, "DerivedKey");
  if (derived) return deriveKey(derived, askSecret, effort);
  const name = childText(encryption, "KeyName");
  if (name === null) {
    throw new FobError(
      "invalid",
      t(
        "the container is encrypted for a certificate: only passphrases and pre-shared keys are supported",
      ),
    );
  }
  const typed = await askSecret("key", name);
  try {
    return parseKey(typed);
  } finally {
    forget(typed);
  }
}

async function deriveKey(derived: Element, askSecret: AskSecret, effort: Effort): Promise<Buffer> {
  const method = child(derived, "KeyDerivationMethod");
  const parameters = child(method, "PBKDF2-params") ?? child(method, "Pbkdf2-params");
  if (!parameters || !/pbkdf2$/i.test(attribute(method, "Algorithm") ?? "")) {
    throw new FobError(
      "invalid",
      t("the container's key is derived in a way that is not supported: PBKDF2 is"),
    );
  }
  const salt = base64(
    childText(child(parameters, "Salt"), "Specified"),
    t("the salt of the container's key"),
  );
  const iterations = wholeNumber(
    childText(parameters, "IterationCount"),
    1,
    MAX_ITERATIONS,
    "IterationCount",
  );
  const length = wholeNumber(childText(parameters, "KeyLength") ?? "16", 16, 32, "KeyLength");
  // an attribute by the standard, and the element's text in containers of python-pskc
  const prf = attribute(child(parameters, "PRF"), "Algorithm") ?? childText(parameters, "PRF");
  const hash = prf === null ? "sha1" : hashOf(prf, t("the derivation of the container's key"));
  const key = await openWithPassphrase(
    [{ kdf: "pbkdf2", salt, hash, iterations, keyBytes: length }],
    childText(derived, "MasterKeyName"),
    { askSecret, effort },
    // the caller keeps it for all values of the container
    (made) => Buffer.from(made),
  );
  if (key) return key;
  throw new Error("openWithPassphrase lost a derived key");
}

/**
 * A pre-shared key as typed: in hexadecimal, else in Base64. Throws a FobError unless it has 16, 24
 * or 32 bytes: `denied`, or `invalid` where it is a new key, which cannot be the wrong one.
 */
export function parseKey(typed: Uint8Array, code: "denied" | "invalid" = "denied"): Buffer {
  const written = Buffer.from(typed).toString("utf8").trim();
  const isHex = /^(?:[0-9a-f]{2}){16,32}$/i.test(written);
  const key = Buffer.from(written, isHex ? "hex" : "base64");
  if ([16, 24, 32].includes(key.length)) return key;
  forget(key);
  throw new FobError(code, t("the key is not of 128, 192 or 256 bits in hexadecimal or Base64"));
}

/** A MAC is of the ciphertext, or in drafts of RFC 6030 and what follows them of the plaintext. */
function checkMac(
  candidates: readonly (Buffer | null)[],
  given: Buffer,
  { mac }: ContainerKeys,
  what: string,
): void {
  if (!mac)
    throw new FobError("invalid", t`${what} has a ValueMAC, and the container names no MAC method`);
  const isRight = candidates.some((candidate) => {
    if (!candidate) return false;
    const right = createHmac(mac.hash, mac.key).update(candidate).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
  if (isRight) return;
  throw new FobError(
    "denied",
    t`the ValueMAC of ${what} does not match: the key is wrong, or the container was altered`,
  );
}

/** The plaintext, or null when key and ciphertext do not fit. */
function decrypt(encrypted: Element, key: Buffer): Buffer | null {
  const { mode, name, keyBytes } = cipherOf(encrypted);
  if (key.length !== keyBytes) {
    throw new FobError(
      "denied",
      t`the key has ${key.length * 8} bits, and the container's cipher needs ${keyBytes * 8}`,
    );
  }
  const data = cipherValue(encrypted);
  if (mode === "gcm") return decryptGcm(key, data);
  if (mode === "3des-wrap") return unwrapTripleDes(data, key);
  const iv = mode === "wrap" ? WRAP_IV : data.subarray(0, IV_BYTES[mode]);
  const body = mode === "wrap" ? data : data.subarray(iv.length);
  try {
    const decipher = createDecipheriv(name, key, iv);
    // XML Encryption defines only the last byte of the padding, which is its length
    if (mode !== "wrap") decipher.setAutoPadding(false);
    const plaintext = Buffer.concat([decipher.update(body), decipher.final()]);
    return mode === "wrap" ? plaintext : unpad(plaintext, iv.length);
  } catch {
    // any error of node:crypto means a wrong length
    return null;
  }
}

/** RFC 3217 section 3.2; null where the checksum is wrong. */
function unwrapTripleDes(wrapped: Buffer, key: Buffer): Buffer | null {
  const decrypted = (iv: Buffer, data: Buffer) => {
    const decipher = createDecipheriv("des-ede3-cbc", key, iv).setAutoPadding(false);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  };
  if (wrapped.length % TRIPLE_DES_BLOCK !== 0 || wrapped.length < 3 * TRIPLE_DES_BLOCK) return null;
  const inner = decrypted(TRIPLE_DES_WRAP_IV, wrapped).reverse();
  const checked = decrypted(inner.subarray(0, TRIPLE_DES_BLOCK), inner.subarray(TRIPLE_DES_BLOCK));
  const plaintext = checked.subarray(0, -TRIPLE_DES_BLOCK);
  const checksum = createHash("sha1").update(plaintext).digest().subarray(0, TRIPLE_DES_BLOCK);
  return timingSafeEqual(checksum, checked.subarray(-TRIPLE_DES_BLOCK)) ? plaintext : null;
}

function unpad(padded: Buffer, blockBytes: number): Buffer | null {
  const length = padded.at(-1) ?? 0;
  return length >= 1 && length <= blockBytes && length <= padded.length
    ? padded.subarray(0, -length)
    : null;
}

function cipherOf(encrypted: Element): Cipher {
  const algorithm = attribute(child(encrypted, "EncryptionMethod"), "Algorithm") ?? "";
  const cipher = ownValue(CIPHERS, lastPart(algorithm));
  if (cipher) return cipher;
  throw new FobError(
    "invalid",
    t`the cipher ${JSON.stringify(lastPart(algorithm).slice(0, 40))} is not supported`,
  );
}

function cipherValue(encrypted: Element): Buffer {
  return base64(childText(child(encrypted, "CipherData"), "CipherValue"), "CipherValue");
}

function hashOf(algorithm: string, what: string): Pbkdf2Hash {
  const hash = ownValue(HASHES, lastPart(algorithm).toLowerCase());
  if (hash) return hash;
  throw new FobError(
    "invalid",
    t`${what} uses ${JSON.stringify(lastPart(algorithm).slice(0, 40))}, which is not supported`,
  );
}

function lastPart(algorithm: string): string {
  return algorithm.slice(Math.max(algorithm.lastIndexOf("#"), algorithm.lastIndexOf("/")) + 1);
}

function wholeNumber(value: string | null, min: number, max: number, what: string): number {
  const number = /^\d{1,9}$/.test(value ?? "") ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new FobError(
    "invalid",
    t`${what} of the container's key is ${value ?? "missing"}: ${min} to ${max} are possible`,
  );
}
