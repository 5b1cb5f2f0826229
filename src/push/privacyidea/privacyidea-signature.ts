import { type KeyObject, sign, verify } from "node:crypto";
import { decodeBase32, encodeBase32 } from "#token/base32.ts";

/** The maximum length of a signature: that of an RSA key of 16,384 bits in Base32. */
const MAX_SIGNATURE = 3_280;

/**
 * Signs the parts, joined by `|`, with RSA PKCS #1 v1.5 and SHA-256. The signature is in padded
 * Base32 (RFC 4648 section 6).
 */
export function signParts(parts: readonly string[], privateKey: KeyObject): string {
  const text = encodeBase32(sign("sha256", Buffer.from(parts.join("|"), "utf8"), privateKey));
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

/** Verifies a signature in the format of {@link signParts}. */
export function verifiesText(text: string, signature: string, publicKey: KeyObject): boolean {
  if (signature.length > MAX_SIGNATURE) return false;
  const bytes = decodeBase32(signature);
  return Buffer.isBuffer(bytes) && verify("sha256", Buffer.from(text, "utf8"), publicKey, bytes);
}
