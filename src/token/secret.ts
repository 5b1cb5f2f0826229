import { timingSafeEqual } from "node:crypto";

/** Bytes that must never be printed, logged or kept longer than needed. */
export type Secret = Buffer;

/**
 * The bytes of a typed PIN: UTF-8 after canonical composition (NFC), so that the same keys give the
 * same bytes on every system.
 */
export function pinBytes(pin: string): Secret {
  return Buffer.from(pin.normalize("NFC"), "utf8");
}

/** Overwrites secrets that are no longer needed. */
export function forget(...secrets: (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

/** Whether two secrets are equal, compared in a time that depends only on their lengths. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
