import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_NOTE_BYTES, parseNote, printableNote } from "#token/note.ts";

test("a note is kept as it is, but for the line feed that an editor adds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
      fc.pre(!text.endsWith("\n"));
      expect(parseNote(text)).toBe(text);
      expect(parseNote(`${text}\n`)).toBe(text);
    }),
  );
});

test("a note has 64 KiB at most, and an empty one is none", () => {
  expect(parseNote("")).toBeNull();
  expect(parseNote("\n")).toBeNull();
  expect(parseNote("é".repeat(MAX_NOTE_BYTES / 2))).toHaveLength(MAX_NOTE_BYTES / 2);
  expect(() => parseNote(`é${"x".repeat(MAX_NOTE_BYTES - 1)}`)).toThrow("64 KiB");
});

test("a terminal gets the lines and tabs of a note, and nothing else that it acts on", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(printableNote(text)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
    }),
    { numRuns: 30 },
  );
  expect(printableNote("a\tb\r\n\x1b[2Jc")).toBe("a\tb\n\\x1b[2Jc");
});
