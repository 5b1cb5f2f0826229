import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { askPastedText } from "#cli/prompt/pasted-text.ts";

/** What is read when these pieces arrive one after the other, and what the terminal was written. */
async function answered(...pieces: readonly (string | Buffer)[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode() {} });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
  const asking = askPastedText("String", { stdin, stderr, env: {} } as never, { stays: false });
  const typing = async () => {
    for (const piece of pieces) {
      stdin.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const [text] = await Promise.all([asking, typing()]);
  return { text, written: String(stderr.read()) };
}

const marked = (text: string) => `\u001b[200~${text}\u001b[201~`;

test.each([
  ["a typed line", ["abd", "\u007fc\r"], "abc\n"],
  ["a pasted text with its line breaks, up to Enter", [marked("a\rb\r\nc\n"), "\r"], "a\nb\nc\n\n"],
  ["pasted text and typed text", ["a", marked("b\n"), "c", "\r"], "ab\nc\n"],
  ["lines that a terminal does not mark", ["a\rb\rc\r"], "a\nb\nc\n"],
  ["lines that arrive apart", ["a\r", "b\r"], "a\nb\n"],
  ["what follows Ctrl-U", ["wrong\u0015right\r"], "right\n"],
])("%s is taken whole", async (_, pieces, text) => {
  expect((await answered(...pieces)).text).toBe(text);
});

test("a paste is the same wherever its bytes are split, and is never shown", async () => {
  const secret = "otpauth://totp/ä?secret=GEZDGNBV\nGY3TQOJQ";
  const bytes = Buffer.from(marked(secret));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), async (places) => {
      const ends = [0, ...places.sort((a, b) => a - b), bytes.length];
      const pieces = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
      const { text, written } = await answered(...pieces.filter(({ length }) => length > 0), "\r");
      expect(text).toBe(`${secret}\n`);
      expect(written).not.toMatch(/otpauth|GEZD/);
    }),
    { numRuns: 15 },
  );
});

test("says how many lines have come", async () => {
  const { written } = await answered(marked("a\nb\nc"), "\r");
  expect(written).toContain("[3 lines]");
});

test("Ctrl-C and Ctrl-D interrupt it", async () => {
  await expect(answered("a\u0003")).rejects.toMatchObject({ code: "interrupted" });
  await expect(answered("a\u0004")).rejects.toMatchObject({ code: "interrupted" });
});
