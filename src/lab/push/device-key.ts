import { createPublicKey, type KeyObject } from "node:crypto";
import type { PushToken } from "#lab/lab-token.ts";

const MODULUS_BITS = { min: 2048, max: 8192 } as const;

type EnrolledDevice = Extract<PushToken["device"], { readonly state: "enrolled" }>;

/**
 * Caches parsed keys, because devices may poll every second. A record that changed on disk is a new
 * object.
 */
const known = new WeakMap<EnrolledDevice, KeyObject>();

/**
 * Parses a device's public key: a SubjectPublicKeyInfo in DER, in either alphabet of Base64; null
 * for anything else.
 */
export function readDeviceKey(text: string): Buffer | null {
  const packed = text.replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(packed)) return null;
  const der = Buffer.from(packed, "base64");
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
      key: der,
      format: "der",
      type: "spki",
    });
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === "rsa" && bits >= MODULUS_BITS.min && bits <= MODULUS_BITS.max
      ? der
      : null;
  } catch {
    // node:crypto has many errors for bytes that are not a key
    return null;
  }
}

/** The key of an enrolled device. */
export function deviceKey(device: EnrolledDevice): KeyObject {
  const key =
    known.get(device) ?? createPublicKey({ key: device.publicKey, format: "der", type: "spki" });
  known.set(device, key);
  return key;
}
