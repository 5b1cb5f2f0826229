import {
  constants,
  createCipheriv,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  X509Certificate,
} from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { base64, child, childText, type Element } from "#enrollment/pskc/xml.ts";
import { forget, type Secret } from "#token/secret.ts";
import { derive, PRFS } from "./prf.ts";

/**
 * Which key of the server protects what we send (K): a public one, or a name for one that both
 * sides know.
 */
export type ServerKey =
  | { readonly kind: "public"; readonly key: KeyObject }
  | { readonly kind: "shared"; readonly name: string };

/**
 * A key that can encrypt, and its bytes as K in every formula: of a public key, those of its
 * SubjectPublicKeyInfo (DER).
 */
export type EncryptionKey =
  | { readonly kind: "public"; readonly key: KeyObject; readonly bytes: Buffer }
  | { readonly kind: "shared"; readonly bytes: Secret };

const AES_KEY_BYTES = 16;
const HMAC_KEY_BYTES = 32;
const MIN_KEY_BYTES = 16;
const RSA_BITS = { min: 2_048, max: 8_192 };

const PADDINGS: Readonly<Record<string, number>> = {
  "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p": constants.RSA_PKCS1_OAEP_PADDING,
  "http://www.w3.org/2001/04/xmlenc#rsa-1_5": constants.RSA_PKCS1_PADDING,
  // how RFC 6063 spells it in its examples
  "http://www.w3.org/2001/04/xmlenc#rsa_1_5": constants.RSA_PKCS1_PADDING,
};

const KEY_WRAP = "http://www.w3.org/2001/04/xmlenc#kw-aes128";
const AES_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";

/** The default initial value of RFC 3394. */
const WRAP_IV = Buffer.from("a6a6a6a6a6a6a6a6", "hex");

/**
 * How a nonce can be encrypted, by the identifiers of messages, the preferred one first (RFC 6063
 * section 4.2.3).
 */
export const ENCRYPTION_ALGORITHMS: readonly string[] = [
  ...Object.keys(PADDINGS),
  ...PRFS.map(({ id }) => id),
  KEY_WRAP,
  AES_CBC,
];

/** The key of an EncryptionKey element. Throws FobError `invalid` for none that can be used. */
export function readServerKey(info: Element | null): ServerKey {
  const value = child(child(info, "KeyValue"), "RSAKeyValue");
  const certificate = childText(child(info, "X509Data"), "X509Certificate");
  const name = childText(info, "KeyName");
  if (value) return { kind: "public", key: checkSize(readRsaKey(value)) };
  if (certificate !== null) return { kind: "public", key: checkSize(readCertificate(certificate)) };
  if (name !== null) return { kind: "shared", name };
  throw unusable(t("is of no kind that fob knows (RSA, a certificate, or a name)"));
}

/** The bytes of a public key, as K in every formula. */
export function publicKeyBytes(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** Encrypts a nonce. Throws FobError `invalid` where algorithm and key do not fit each other. */
export function encryptNonce(
  nonce: Secret,
  {
    key,
    algorithm,
    serverNonce,
    iv,
  }: { key: EncryptionKey; algorithm: string; serverNonce: Buffer; iv: Buffer },
): Buffer {
  if (key.kind === "public") {
    const padding = ownValue(PADDINGS, algorithm);
    if (padding === undefined)
      throw unusable(t("is a public one, and the algorithm needs a shared one"));
    return encryptByRsa(nonce, key.key, padding);
  }
  return encryptByShared(nonce, key.bytes, algorithm, { serverNonce, iv });
}

function encryptByRsa(nonce: Secret, key: KeyObject, padding: number): Buffer {
  try {
    return publicEncrypt({ key, padding }, nonce);
  } catch {
    // any error of node:crypto means that the number is not an RSA modulus
    throw unusable(t("does not encrypt"));
  }
}

function encryptByShared(
  nonce: Secret,
  key: Secret,
  algorithm: string,
  { serverNonce, iv }: { serverNonce: Buffer; iv: Buffer },
): Buffer {
  if (Object.hasOwn(PADDINGS, algorithm))
    throw unusable(t("is a shared one, and the algorithm needs a public one"));
  const prf = PRFS.find(({ id }) => id === algorithm);
  // DSKPP-PRF takes no shorter key (RFC 6063 section 3.4.2), and AES no other one
  const fits =
    prf?.keyBytes === HMAC_KEY_BYTES ? key.length >= MIN_KEY_BYTES : key.length === AES_KEY_BYTES;
  if (!fits) throw unusable(t`has ${key.length * 8} bits, and the algorithm needs 128`);
  if (prf) {
    const mask = derive(
      prf,
      key,
      Buffer.concat([Buffer.from("Encryption"), serverNonce]),
      nonce.length,
    );
    const masked = nonce.map((byte, i) => byte ^ (mask[i] ?? 0));
    forget(mask);
    return Buffer.from(masked);
  }
  const isWrapped = algorithm === KEY_WRAP;
  const cipher = createCipheriv(
    isWrapped ? "id-aes128-wrap" : "aes-128-cbc",
    key,
    isWrapped ? WRAP_IV : iv,
  );
  return Buffer.concat([isWrapped ? Buffer.of() : iv, cipher.update(nonce), cipher.final()]);
}

function readRsaKey(value: Element): KeyObject {
  const part = (name: string) =>
    base64(childText(value, name), t`${name} of the server's key`).toString("base64url");
  return importKey(() =>
    createPublicKey({
      key: { kty: "RSA", n: part("Modulus"), e: part("Exponent") },
      format: "jwk",
    }),
  );
}

function readCertificate(text: string): KeyObject {
  const bytes = base64(text, t("the server's certificate"));
  return importKey(() => new X509Certificate(bytes).publicKey);
}

function importKey(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    if (error instanceof FobError) throw error;
    // node:crypto throws a message of OpenSSL
    throw unusable(t("is damaged"));
  }
}

function checkSize(key: KeyObject): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa") throw unusable(t("is not one of RSA"));
  if (bits >= RSA_BITS.min && bits <= RSA_BITS.max) return key;
  throw unusable(t`has ${bits} bits: ${RSA_BITS.min} to ${RSA_BITS.max} are possible`);
}

function unusable(why: string): FobError {
  return new FobError("invalid", t`the key that the server wants the nonce encrypted with ${why}`);
}
