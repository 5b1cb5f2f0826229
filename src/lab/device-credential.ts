import { sameSecret } from "#token/secret.ts";

/**
 * Whether a device has sent the credential of its enrollment string: bytes in hexadecimal, in any
 * letter case. Takes a time that depends only on the length.
 */
export function isCredential(text: string, bytes: Buffer): boolean {
  return sameSecret(Buffer.from(bytes.toString("hex")), Buffer.from(text.toLowerCase()));
}
