import { decodeBase32 } from "#token/base32.ts";

const HEX = /^(?:[0-9a-f]{2})+$/i;

/** A secret of Mobile-OTP in hexadecimal, where an app keeps its bytes in Base32, as Aegis does. */
export function hexOfBase32(secret: string): string {
  const bytes = decodeBase32(secret);
  return Buffer.isBuffer(bytes) ? bytes.toString("hex") : secret;
}

/**
 * A secret of Mobile-OTP in hexadecimal, where an app keeps these digits as text in Base32, as
 * andOTP does.
 */
export function hexInBase32(secret: string): string {
  const bytes = decodeBase32(secret);
  const digits = Buffer.isBuffer(bytes) ? bytes.toString("latin1") : "";
  if (HEX.test(digits)) return digits;
  return HEX.test(secret) ? secret : hexOfBase32(secret);
}
