import fc from "fast-check";
import { expect, test } from "vitest";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { recognize } from "#enrollment/recognize.ts";
import type { OtpCredential } from "#token/credential.ts";
import { stripControls } from "#token/printable.ts";

const word = fc
  .string({ minLength: 1, maxLength: 40, unit: "grapheme" })
  .filter((text) => text.trim() === text && !/^\/|:/.test(text) && stripControls(text) === text);
const form = {
  algorithm: fc.constantFrom(
    "SHA1" as const,
    "SHA224" as const,
    "SHA256" as const,
    "SHA384" as const,
    "SHA512" as const,
  ),
  digits: fc.integer({ min: 4, max: 10 }),
  alphabet: fc.constantFrom(
    "decimal" as const,
    "hexadecimal" as const,
    "base32" as const,
    "base64" as const,
  ),
};
const counter = fc.bigInt(0n, 2n ** 64n - 1n);
const credentials: fc.Arbitrary<OtpCredential> = fc.oneof(
  fc.record({
    kind: fc.constant("totp" as const),
    ...form,
    period: fc.integer({ min: 1, max: 86_400 }),
    t0: fc.nat(),
  }),
  fc.record({ kind: fc.constant("hotp" as const), ...form, counter }),
  fc.record({
    kind: fc.constant("ocra" as const),
    suite: fc.constant("OCRA-1:HOTP-SHA1-6:C-QN08"),
    counter,
  }),
  fc.constant({ kind: "ocra" as const, suite: "OCRA-1:HOTP-SHA256-8:QA10-T1M", counter: null }),
  fc.constant({
    kind: "totp" as const,
    algorithm: "SHA1" as const,
    digits: 5,
    alphabet: "steam" as const,
    period: 30,
    t0: 0,
  }),
);

test("the Key URI of a token reads as this token", async () => {
  const tokens = fc.record({
    issuer: fc.option(word),
    account: word,
    serial: fc.option(fc.stringMatching(/^[A-Z0-9-]{1,20}$/)),
    credential: credentials,
    secret: fc.uint8Array({ minLength: 1, maxLength: 64 }),
  });
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      const [draft, ...others] = await recognize(formatKeyUri(token));
      expect(others).toEqual([]);
      const { issuer, account, serial, credential, secret } = token;
      expect(draft).toMatchObject({ issuer, account, serial, credential });
      expect(Buffer.from(draft?.secret ?? [])).toEqual(Buffer.from(secret));
    }),
    { numRuns: 500 },
  );
});
