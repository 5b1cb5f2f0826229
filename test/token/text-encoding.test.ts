import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText } from "#token/text-encoding.ts";

const textOf = (bytes: Buffer) => decodeText(bytes, "x.txt");
const big = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("a text from any system", () => {
  test("is the same with and without a byte order mark, in UTF-8 and UTF-16", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (any) => {
        const text = any.replaceAll("\0", "");
        expect(textOf(Buffer.from(`\ufeff${text}`))).toBe(text);
        expect(textOf(Buffer.from(`\ufeff${text}`, "utf16le"))).toBe(text);
        expect(textOf(big(`\ufeff${text}`))).toBe(text);
      }),
    );
  });

  test("in UTF-8 is never taken for another one, unless it begins with a mark", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const plain = text.replaceAll("\0", "").replace(/^\ufeff/, "");
        expect(textOf(Buffer.from(plain))).toBe(plain);
      }),
    );
  });

  test.each(["7391", "otpauth://totp/x?secret=AAAA\r\n"])(
    "in UTF-16 without a mark is %j all the same",
    (text) => {
      expect([textOf(Buffer.from(text, "utf16le")), textOf(big(text))]).toEqual([text, text]);
    },
  );

  test.each(["a\0b\0c", "\0\0\0\0", "\0", "7391\0", "73\x0091"])(
    "holds no zero character in any encoding: %j",
    (text) => {
      const both = [text, `\ufeff${text}`];
      for (const bytes of both.flatMap((one) => [Buffer.from(one), Buffer.from(one, "utf16le")]))
        expect(() => textOf(bytes)).toThrow(/^x\.txt is not UTF-8/);
    },
  );

  test.each(["little", "big"])("is no UTF-32, %s end first, with or without a mark", (order) => {
    for (const text of ["7391", "\ufeff7391"]) {
      const units = Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
      const bytes = Buffer.from(units.buffer);
      if (order === "big") bytes.swap32();
      expect(() => textOf(bytes)).toThrow(/^x\.txt is not UTF-8/);
    }
  });

  test("is never the text of other bytes: what is no text is refused", () => {
    const encodings = (text: string) =>
      [text, `\ufeff${text}`].flatMap((one) => [
        Buffer.from(one),
        Buffer.from(one, "utf16le"),
        big(one),
      ]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (array) => {
        const bytes = Buffer.from(array);
        try {
          expect(encodings(textOf(bytes)).some((one) => one.equals(bytes))).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({
            code: "invalid",
            message: expect.stringMatching(/^x\.txt is not UTF-8/),
          });
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["Latin-1", "70e473737e31"],
    ["half a character in UTF-8", "37333931c3"],
    ["half a pair in UTF-16", "fffe370033"],
    ["half a character in UTF-16", "fffe37003dd8"],
    ["half a character of the other order", "feffd83d0037"],
  ])("is refused in %s", (_, hex) => {
    expect(() => textOf(Buffer.from(hex, "hex"))).toThrow(
      "x.txt is not UTF-8 (or UTF-16 with a byte order mark)",
    );
  });
});
