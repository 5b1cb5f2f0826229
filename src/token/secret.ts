import { timingSafeEqual } from "node:crypto";

/** Bytes that must never be printed, logged or kept longer than needed. */
export type Secret = Buffer;

/**
 * The bytes of a PIN as people type it: UTF-8 after canonical composition, so that the same keys
 * give the same PIN everywhere.
 */
export function pinBytes(pin: string): Secret {
  return Buffer.from(pin.normalize("NFC"), "utf8");
}

/** Overwrites secrets that are no longer needed. */
export function forget(...secrets: (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Whether two secrets are the same, in a time that depends on their lengths alone. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
