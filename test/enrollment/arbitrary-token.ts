import fc from "fast-check";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { cleanText } from "#token/clean-name.ts";

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .filter(
    (text) =>
      /^[\p{L}\p{N}]/u.test(text) && /[\p{L}\p{N}]$/u.test(text) && !/[\p{C}:%]/u.test(text),
  )
  // invisible letters are taken out of names before a token has them
  .filter((text) => !cleanText(text).wasHarmful);
const algorithm = fc.constantFrom("SHA1" as const, "SHA256" as const, "SHA512" as const);
const digits = fc.integer({ min: 6, max: 8 });
const alphabet = fc.constant("decimal" as const);

const totp = fc.record({
  kind: fc.constant("totp" as const),
  algorithm,
  digits,
  alphabet,
  period: fc.integer({ min: 1, max: 300 }),
  t0: fc.constant(0),
});
const hotp = fc.record({
  kind: fc.constant("hotp" as const),
  algorithm,
  digits,
  alphabet,
  counter: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
});
const steam = fc.constant({
  kind: "totp",
  algorithm: "SHA1",
  digits: 5,
  alphabet: "steam",
  period: 30,
  t0: 0,
} as const);

/** Tokens as most apps can have them. */
export const arbitraryToken: fc.Arbitrary<ExportedToken> = fc.record({
  id: fc.constant("0123456789abcdef"),
  name,
  issuer: fc.option(name),
  account: name,
  serial: fc.constant(null),
  credential: fc.oneof(totp, hotp, steam),
  secret: fc.uint8Array({ minLength: 10, maxLength: 64 }),
});
