import { sameSecret } from "#token/secret.ts";

/**
 * Whether a device named the secret that its enrollment string gave it: the bytes in hexadecimal, in
 * any letter case. Takes a time that depends on the length alone.
 */
export function isCredential(text: string, bytes: Buffer): boolean {
  return sameSecret(Buffer.from(bytes.toString("hex")), Buffer.from(text.toLowerCase()));
}
