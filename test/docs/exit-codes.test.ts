import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ERROR_CODES, FobError } from "#base/fob-error.ts";
import { markdownFiles } from "./pages.ts";

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

test("docs/troubleshooting.md has a section for every error, with its exit code", () => {
  const text = readFileSync(
    fileURLToPath(new URL("../../docs/troubleshooting.md", import.meta.url)),
    "utf8",
  );
  const sections = text.matchAll(/^## (?<names>[a-z, -]+) \((?:exit code )?(?<code>\d+)\)$/gm);
  const documented = [...sections].flatMap(({ groups }) =>
    (groups?.["names"] ?? "").split(", ").map((name) => [name, Number(groups?.["code"])]),
  );
  expect(documented.sort()).toEqual(exitCodes.map((row) => [...row]).sort());
});

test("every exit code in a sentence of a page is one that fob has", () => {
  // `run`'s own, as a shell's
  const known = [0, ...exitCodes.map(([, code]) => code), 126, 127];
  const named = markdownFiles().flatMap((path) => {
    const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
    return [...text.matchAll(/\bexit(?:s with| codes?)? \(?(?<code>\d+)/g)].map(({ groups }) => ({
      path,
      code: Number(groups?.["code"]),
    }));
  });
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(({ code }) => !known.includes(code))).toEqual([]);
});
