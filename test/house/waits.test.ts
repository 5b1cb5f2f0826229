import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./planted-lint.ts";

/** How a test waits for a time, and not for what it is about; and how it is tried twice. */
const WAITS: readonly RegExp[] = [
  /\bsetTimeout\b/,
  /\bwaitForTimeout\b/,
  /\bAtomics\.wait\b/,
  // the program of a shell, with a number or in a list of arguments
  /\bsleep["'`]?,? ?\[?["']?\d/,
  /\bretry:/,
  /--retry\b/,
];

/** The functions with which tests wait for events. */
const HELPERS = "test/waiting.ts";

/** Where a time is what a test is about. */
const EXCEPTIONS: readonly {
  readonly file: string;
  readonly line: RegExp;
  readonly why: string;
}[] = [
  {
    file: "test/base/ending.test.ts",
    line: /setTimeout/,
    why: "the programs that are ended: their timers keep them alive, or are work that takes long",
  },
  {
    file: "test/system/windows.test.ts",
    line: /setTimeout\(\(\) => process\.exit\(\), 60_000\);/,
    why: "ends a program under Wine where the test cannot",
  },
  {
    file: "test/torture/listeners.test.ts",
    line: /setTimeout as sleep/,
    why: "measures what a listener takes of the processor in a minute",
  },
];

interface Found {
  readonly file: string;
  readonly line: string;
}

test("no test waits for a time, or is tried twice", () => {
  expect(found().filter((one) => !isExcepted(one))).toEqual([]);
});

test("every exception is needed", () => {
  const unused = EXCEPTIONS.filter(
    ({ file, line }) => !found().some((one) => one.file === file && line.test(one.line)),
  );
  expect(unused).toEqual([]);
});

test.each([
  "await new Promise((resolve) => setTimeout(resolve, 500));",
  'import { setTimeout as sleep } from "node:timers/promises";',
  "const script = `start & sleep 1; stop`;",
  'execFileSync("sleep", ["2"]);',
  'test("often right", { retry: 1 }, async () => {',
])("%s is found", (line) => {
  expect(WAITS.some((wait) => wait.test(line))).toBe(true);
});

function isExcepted({ file, line }: Found): boolean {
  return EXCEPTIONS.some((one) => one.file === file && one.line.test(line));
}

function found(): Found[] {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter((file) => /\.(?:ts|mjs|cjs|js|sh)$/.test(file))
    // this file has the words that are looked for
    .filter((file) => file !== HELPERS && file !== "test/house/waits.test.ts");
  return [...files, "vitest.config.ts"].flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .filter((line) => WAITS.some((wait) => wait.test(line)))
      // a clock that the test moves itself
      .filter((line) => !line.includes("vi.useFakeTimers("))
      .map((line) => ({ file, line: line.trim() })),
  );
}
