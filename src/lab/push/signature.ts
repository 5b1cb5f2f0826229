import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { LabStore } from "#lab/lab-store.ts";
import { decodeBase32, encodeBase32 } from "#token/base32.ts";

const MODULUS_BITS = 2048;
const SCHEME = { padding: constants.RSA_PKCS1_PADDING } as const;

const keys = new WeakMap<LabStore, KeyObject>();

/** The lab's key for signing push requests; created at first use. */
export function serverKey(store: LabStore): KeyObject {
  const known = keys.get(store);
  if (known) return known;
  const der = store.once("server-key", makeKey);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  keys.set(store, key);
  return key;
}

/**
 * The lab's public key in the format of privacyIDEA: PKCS#1 RSAPublicKey in DER, Base64 in lines.
 */
export function publicServerKey(store: LabStore): string {
  const der = createPublicKey(serverKey(store)).export({ format: "der", type: "pkcs1" });
  return der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
}

/** Signs UTF-8 text with RSASSA-PKCS1-v1_5 and SHA-256. The signature is in padded Base32. */
export function signText(key: KeyObject, text: string): string {
  const signature = encodeBase32(sign("sha256", Buffer.from(text), { key, ...SCHEME }));
  return signature.padEnd(Math.ceil(signature.length / 8) * 8, "=");
}

/** Verifies a signature in the format of {@link signText} with a device's key. */
export function isSignedBy(device: KeyObject, text: string, signature: string): boolean {
  const bytes = decodeBase32(signature);
  return (
    Buffer.isBuffer(bytes) && verify("sha256", Buffer.from(text), { key: device, ...SCHEME }, bytes)
  );
}

function makeKey(): Buffer {
  return generateKeyPairSync("rsa", {
    modulusLength: MODULUS_BITS,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  }).privateKey;
}
