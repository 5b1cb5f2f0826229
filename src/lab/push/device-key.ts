import { createPublicKey, type KeyObject } from "node:crypto";
import type { PushToken } from "#lab/lab-token.ts";

const MODULUS_BITS = { min: 2048, max: 8192 } as const;

type EnrolledDevice = Extract<PushToken["device"], { readonly state: "enrolled" }>;

/**
 * Keys as they are used, of devices that ask every second. A record that changed on disk is another
 * object.
 */
const known = new WeakMap<EnrolledDevice, KeyObject>();

/**
 * A device's public key from its Base64 (either alphabet) of a SubjectPublicKeyInfo in DER; null
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
    // node:crypto says in many ways that these bytes are no key
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
