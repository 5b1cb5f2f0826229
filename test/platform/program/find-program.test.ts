import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { firstProgram, isInstalled } from "#platform/program/find-program.ts";

const base = mkdtempSync(join(tmpdir(), "fob-programs-"));
const FOLDERS = ["first", "second"].map((name) => join(base, name));

beforeAll(() => {
  for (const folder of FOLDERS) mkdirSync(folder);
  const [first = "", second = ""] = FOLDERS;
  mkdirSync(join(first, "folder"));
  writeFileSync(join(first, "text"), "");
  for (const path of [join(first, "hidden"), join(second, "hidden"), join(second, "program")])
    writeFileSync(path, "");
  chmodSync(join(second, "hidden"), 0o755);
  chmodSync(join(second, "program"), 0o755);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test.skipIf(process.platform === "win32").each([
  ["program", true],
  ["hidden", true],
  ["text", false],
  ["folder", false],
  ["nothing", false],
])("only what can be run is a program: %s, %s", (name, isThere) => {
  expect(isInstalled(name, { PATH: FOLDERS.join(delimiter) })).toBe(isThere);
});

test.skipIf(process.platform === "win32")("the first program of several places is taken", () => {
  const [first = "", second = ""] = FOLDERS;
  const [nothing, text] = [join(first, "nothing"), join(first, "text")];
  const [hidden, program] = [join(second, "hidden"), join(second, "program")];
  expect(firstProgram([nothing, text, hidden, program])).toBe(hidden);
  expect(firstProgram([nothing, text])).toBeNull();
});
