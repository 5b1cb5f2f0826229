import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText } from "../../src/token/text-encoding.ts";

const big = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("a text from any system", () => {
  test("is the same with and without a byte order mark, in UTF-8 and UTF-16", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeText(Buffer.from(`\ufeff${text}`))).toBe(text);
        expect(decodeText(Buffer.from(`\ufeff${text}`, "utf16le"))).toBe(text);
        expect(decodeText(big(`\ufeff${text}`))).toBe(text);
      }),
    );
  });

  test("in UTF-8 is never taken for another one, unless it begins with a mark", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const plain = text.replaceAll("\0", "").replace(/^\ufeff/, "");
        expect(decodeText(Buffer.from(plain))).toBe(plain);
      }),
    );
  });

  test.each(["7391", "otpauth://totp/x?secret=AAAA\r\n"])("in UTF-16 without a mark is %j all the same", (text) => {
    expect([decodeText(Buffer.from(text, "utf16le")), decodeText(big(text))]).toEqual([text, text]);
  });
});
