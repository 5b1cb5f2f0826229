import { t } from "#base/language.ts";
import { encodeBase32 } from "#token/base32.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

/** Whether a text is whole bytes in hexadecimal, at least 80 bits of them. */
export function isHexSeed(text: string): boolean {
  return text.length >= 20 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text);
}

/** Bytes in hexadecimal, which `text` must be, in Base32. */
export function base32OfHex(text: string): string {
  return encodeBase32(Buffer.from(text, "hex"));
}

/** The seed of a hardware token in Base32, and the hash that has its length. */
export function readHexSeed(text: string) {
  return {
    secret: base32OfHex(text),
    algorithm: { 64: "SHA256", 128: "SHA512" }[text.length] ?? "SHA1",
  };
}

/** Why an entry of a list of hardware tokens cannot be taken. */
export function seedFault(seed: string | null): string {
  return seed ? t("its seed is not hexadecimal, or has less than 80 bits") : t("it has no seed");
}

/** The finding for a list that does not say whether its tokens are event- or time-based. */
export function kindAssumed(): Finding {
  const message = t(
    "the list does not say what kind the token is: event-based with 6 digits is assumed",
  );
  return { severity: "warning", code: "kind-assumed", message };
}
