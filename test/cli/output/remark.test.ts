import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapLines } from "#cli/output/remark.ts";
import { displayWidth } from "#cli/output/width.ts";

test("lines are broken at words, lose nothing, and fit", () => {
  const word = fc.stringMatching(/^[a-z日]{1,9}$/);
  const text = fc.array(fc.array(word, { minLength: 1 }).map((words) => words.join(" ")));
  fc.assert(
    fc.property(text, fc.integer({ min: 20, max: 60 }), (lines, columns) => {
      const given = lines.map((line) => `${line}\n`).join("");
      const wrapped = wrapLines(given, columns);
      expect(wrapped.replace(/\s+/g, " ")).toBe(given.replace(/\s+/g, " "));
      expect(wrapped.endsWith("\n")).toBe(given.endsWith("\n"));
      for (const line of wrapped.split("\n"))
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }),
  );
});
