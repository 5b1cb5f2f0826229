import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { decodeBase32 } from "#token/base32.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

/** RFC 4226 section 4, requirement R6: at least 128 bits, 160 are recommended. */
const MIN_SECRET_BITS = 128;

/** Issuers do hand out 80 bits; less than that can be guessed. */
const WEAK_SECRET_BITS = 80;

/** More than any HMAC can use to advantage, and than any issuer hands out. */
export const MAX_SECRET_BYTES = 1_024;

/**
 * A secret in Base32, as issuers write it. Throws FobError `invalid` with the reason and without
 * the secret.
 */
export function parseBase32Secret(text: string): Buffer {
  const secret = decodeBase32(text);
  if (Buffer.isBuffer(secret)) return checkSecretSize(secret);
  const message =
    secret.position === null
      ? t("secret has an impossible length for Base32")
      : t`secret has a character at position ${secret.position} that is not Base32`;
  throw new FobError("invalid", message);
}

/** A secret in hexadecimal, of which every two digits are a byte. */
export function parseHexSecret(text: string): Buffer {
  const digits = text.replace(/[\s-]/g, "");
  if (digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits))
    return checkSecretSize(Buffer.from(digits, "hex"));
  throw new FobError("invalid", t("secret is not hexadecimal: pairs of 0-9 and a-f are needed"));
}

/** Findings about a secret's strength. */
export function judgeSecret(secret: Uint8Array): Finding[] {
  const bits = secret.length * 8;
  if (bits >= MIN_SECRET_BITS) return [];
  const message = t`the secret has ${bits} bits, and RFC 4226 asks for at least ${MIN_SECRET_BITS}`;
  return [
    { severity: bits < WEAK_SECRET_BITS ? "warning" : "info", code: "secret-short", message },
  ];
}

/** A secret of a possible size. Throws FobError `invalid` for any other. */
export function checkSecretSize(secret: Buffer): Buffer {
  if (secret.length === 0) throw new FobError("invalid", t("secret is empty"));
  if (secret.length > MAX_SECRET_BYTES)
    throw new FobError("invalid", t`secret is longer than ${MAX_SECRET_BYTES} bytes`);
  return secret;
}

/** Whether a text is Base64 with its padding (RFC 4648 section 4), of any length. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
