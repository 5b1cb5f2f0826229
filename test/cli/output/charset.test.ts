import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { charsetOf, limitTo } from "#cli/output/charset.ts";
import { displayWidth } from "#cli/output/width.ts";

function written(charset: "ascii" | "latin-1", text: string): Buffer {
  const stream = new PassThrough();
  const restore = limitTo(charset, stream as never);
  stream.write(text);
  restore();
  return stream.read();
}

test.each([
  [{ LC_ALL: "C" }, "ascii"],
  [{ LC_ALL: "POSIX", LANG: "de_DE.UTF-8" }, "ascii"],
  [{ LANG: "de_DE.ISO-8859-1" }, "latin-1"],
  [{ LC_CTYPE: "fr_FR.iso88591", LANG: "C.UTF-8" }, "latin-1"],
  [{ LANG: "ru_RU.KOI8-R" }, "ascii"],
  [{ LC_ALL: "", LANG: "C.UTF-8" }, null],
  [{ LC_ALL: "en_US.utf8" }, null],
  [{ LANG: "de" }, null],
  [{}, null],
] as const)("%j has the characters of %s", (env, charset) => {
  expect(charsetOf({ ...env })).toBe(charset);
});

const LINE = "❯ “José” — 日本 👩‍👧 ████░░ 3 s … →";

test("nothing outside of the charset is written, in as many cells", () => {
  const ascii = String(written("ascii", LINE));
  expect(ascii).toBe('> "Jose" - ???? ?? ####.. 3 s ~ >');
  expect(displayWidth(ascii)).toBe(displayWidth(LINE));
  expect(written("latin-1", LINE).toString("latin1")).toBe('> "José" - ???? ?? ####.. 3 s ~ >');
});
