import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanText, MAX_NAME_LENGTH, shortenName } from "#token/clean-name.ts";

describe("a name that somebody else has chosen", () => {
  test("holds nothing that acts, hides or turns, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
        const name = shortenName(text) ?? "";
        expect(name).not.toMatch(
          /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/u,
        );
        expect([...name].length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
        expect(name).toBe(name.trim());
        expect(shortenName(name) ?? "").toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["Ac\u200bme", "Acme"],
    ["Acme\u2060\ufeff", "Acme"],
    ["Ac\u00adme\u{e0041}", "Acme"],
    ["a\u200db", "ab"],
    ["a\ufe0f", "a"],
    ["\ud800Acme\udc00", "Acme"],
    ["\n\u001b[31mAcme\r", "[31mAcme"],
    ["\u115f\u3164", null],
    ["", null],
    [" \t ", null],
    ["👩‍👩‍👧 Ann ❤️", "👩‍👩‍👧 Ann ❤️"],
  ])("%j is %j", (text, name) => expect(cleanText(text).name).toBe(name));

  test("is said to have been harmful only when something was taken out", () => {
    expect(
      ["Ac\u200bme", " Acme ", "Acme", "\n"].map((text) => cleanText(text).wasHarmful),
    ).toEqual([true, false, false, true]);
  });

  test("is cut to 256 characters, and never within one or at a space", () => {
    expect(shortenName("x".repeat(300))).toBe("x".repeat(256));
    expect(shortenName("😀".repeat(300))).toBe("😀".repeat(256));
    expect(shortenName(`${"x".repeat(255)} y`)).toBe("x".repeat(255));
    expect(shortenName(`${"😀".repeat(256)}x`)).toBe("😀".repeat(256));
    expect([cleanText("x".repeat(256)).isTooLong, cleanText("x".repeat(257)).isTooLong]).toEqual([
      false,
      true,
    ]);
    expect(cleanText(`${"x".repeat(256)} `).isTooLong).toBe(false);
  });

  test("is too long from 257 characters on, not halves of them", () => {
    expect(cleanText("😀".repeat(256)).isTooLong).toBe(false);
    expect(cleanText("😀".repeat(257)).isTooLong).toBe(true);
  });
});
