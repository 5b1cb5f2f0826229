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

/** The lab's own key for what it sends to devices; made when it is first needed. */
export function serverKey(store: LabStore): KeyObject {
  const known = keys.get(store);
  if (known) return known;
  const der = store.once("server-key", makeKey);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  keys.set(store, key);
  return key;
}

/**
 * The lab's public key as privacyIDEA's server gives it: PKCS#1 RSAPublicKey in DER, Base64 in
 * lines.
 */
export function publicServerKey(store: LabStore): string {
  const der = createPublicKey(serverKey(store)).export({ format: "der", type: "pkcs1" });
  return der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
}

/** RSASSA-PKCS1-v1_5 with SHA-256 over UTF-8 text, in padded Base32. */
export function signText(key: KeyObject, text: string): string {
  const signature = encodeBase32(sign("sha256", Buffer.from(text), { key, ...SCHEME }));
  return signature.padEnd(Math.ceil(signature.length / 8) * 8, "=");
}

/** Whether a signature, as {@link signText} writes it, was made over a text with a device's key. */
export function isSignedBy(device: KeyObject, text: string, signature: string): boolean {
  const bytes = decodeBase32(signature);
  return (
    Buffer.isBuffer(bytes) && verify("sha256", Buffer.from(text), { key: device, ...SCHEME }, bytes)
  );
}

function makeKey(): Buffer {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: MODULUS_BITS });
  return privateKey.export({ format: "der", type: "pkcs8" });
}
