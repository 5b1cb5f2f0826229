import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "#token/base32.ts";

/** RFC 4648 section 10. */
const VECTORS = [
  ["", ""],
  ["f", "MY"],
  ["fo", "MZXQ"],
  ["foo", "MZXW6"],
  ["foob", "MZXW6YQ"],
  ["fooba", "MZXW6YTB"],
  ["foobar", "MZXW6YTBOI"],
] as const;

describe("Base32", () => {
  test.each(VECTORS)("of %j is %s", (text, base32) => {
    expect(encodeBase32(Buffer.from(text))).toBe(base32);
    const padded = base32.padEnd(Math.ceil(base32.length / 8) * 8, "=");
    for (const written of [base32, padded, base32.toLowerCase(), `${padded}\n`]) {
      expect(decodeBase32(written)).toEqual(Buffer.from(text));
    }
  });

  test("gives back what was encoded, however it is grouped", () => {
    const separators = fc.constantFrom("", " ", "-", " - ", "\t");
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        separators,
        fc.boolean(),
        (bytes, separator, isLower) => {
          const text = (encodeBase32(bytes).match(/.{1,4}/g) ?? []).join(separator);
          expect(
            decodeBase32(`${separator}${isLower ? text.toLowerCase() : text}${separator}`),
          ).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  test.each([
    ["1AAAAAAA", 1],
    ["AAAA0AAA", 5],
    ["AA AA8", 6],
    ["AAAAAAA9====", 8],
    ["AAAA=AAA", 5],
    ["MZXW6YTı", 8],
    ["ſ", 1],
    ["ﬆ", 1],
  ])("is wrong in %j at %d", (text, position) => expect(decodeBase32(text)).toEqual({ position }));

  test.each(["A", "AAA", "AAAAAA", "AAAAAAAAA", "AAAAAAAA AAA===", "AAAAAAAAAAAAAA"])(
    "has no such length as that of %j",
    (text) => expect(decodeBase32(text)).toEqual({ position: null }),
  );
});
