import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ERROR_CODES, FobError } from "#base/fob-error.ts";

/** The rows of the first table of a page that has these words in its head. */
function rowsOf(page: string, head: RegExp): string[][] {
  const text = readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), "utf8");
  const lines = text.split("\n");
  const first = lines.findIndex((line) => head.test(line));
  const rows = lines.slice(first + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const exitCodes = ERROR_CODES.map((code) => [code, new FobError(code, "").exitCode] as const);

test("docs/json.md names every error, with its exit code and what it means", () => {
  const rows = rowsOf("docs/json.md", /^\| `code` \| exit code/);
  const documented = rows.flatMap(([names = "", exitCode, meaning]) => {
    expect(meaning).not.toBe("");
    return (names.match(/[a-z-]+/g) ?? []).map((name) => [name, Number(exitCode)]);
  });
  expect(documented).toEqual(exitCodes);
});

test("docs/scripts.md, which the man page is made of, says what every exit code means", () => {
  const rows = rowsOf("docs/scripts.md", /^\| code +\| meaning/);
  for (const [, meaning] of rows) expect(meaning).not.toBe("");
  const documented = rows.map(([exitCode]) => Number(exitCode));
  expect(documented).toEqual([0, ...new Set(exitCodes.map(([, exitCode]) => exitCode))]);
});
