import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const COMMANDS = fileURLToPath(new URL("../../src/commands", import.meta.url));

/** Whose commands and helpers name what they need of the context. */
const FAMILIES = ["access", "biometric", "code", "config", "machine", "pin", "tokens"];

/** A program without imports, in which the whole context is a type of something. */
function usesWholeContext(source: string): boolean {
  const code = source
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(/import [\s\S]*?;/g, "")
    .replace(/Pick<\s*Context\s*,/g, "");
  return /\b(?:House)?Context\b/.test(code);
}

test.each([
  ["async run(_, context: Context) {}", true],
  ["async run(_, { tell }: HouseContext) {}", true],
  ['import type { Context } from "x"; type A = Pick<\n  Context,\n  "tell">; // Context', false],
])("%j: whether the whole context is used is %s", (source, expected) => {
  expect(usesWholeContext(source)).toBe(expected);
});

test.each(FAMILIES)("no file of %s takes the whole context", (family) => {
  const files = readdirSync(join(COMMANDS, family));
  expect(files.length).toBeGreaterThan(0);
  const read = (file: string) => readFileSync(join(COMMANDS, family, file), "utf8");
  const wrong = files.filter((file) => usesWholeContext(read(file)));
  expect(wrong).toEqual([]);
});
