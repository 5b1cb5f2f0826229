import fc from "fast-check";
import { cleanText } from "#token/clean-name.ts";

/** What has a meaning in one of the formats that names are written into. */
const MARKS = [
  ":",
  "%3A",
  "%",
  "/",
  "//",
  "#",
  "?",
  "&",
  "&amp;",
  "=",
  "+",
  ",",
  ";",
  '"',
  "'",
  "\\",
  "CN=",
  "UID=",
  "\\2C",
  "<",
  ">",
  "]]>",
  "<!--",
  "&#65;",
  " ",
  "  ",
  "secret=",
  "issuer=",
  "A",
  "a",
  "Steam",
  "Test: Foo",
  "localhost:8000",
  "ß",
  "İ",
  "🙂",
  "👩‍💻",
  "\u00a0",
  "e\u0301",
  "日本",
];

/** Every name that a token can have: enrollment leaves nothing in it that could do harm. */
const oddName = fc
  .oneof(
    fc
      .array(fc.constantFrom(...MARKS), { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join("")),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  )
  .map((text) => cleanText(text).name)
  .filter((name) => name !== null);

/** Issuer and account, some of which begin with each other. */
export const oddNames = fc
  .record({
    issuer: fc.option(oddName, { freq: 4 }),
    account: fc.option(oddName, { freq: 8 }),
    isDoubled: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ issuer, account, isDoubled }) => ({
    issuer,
    account:
      isDoubled === 0 && issuer !== null ? cleanText(`${issuer}:${account ?? ""}`).name : account,
  }));
