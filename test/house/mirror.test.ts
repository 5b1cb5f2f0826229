import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./planted-lint.ts";

/** Tests of what no one file does, below the room that they are about. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "commands/code/free-passcodes": "what `code --all` and `list --codes` say together",
  "commands/progress": "what long commands of all folders show of their work",
  "enrollment/cases": "inputs that failed once, in whatever format",
  "enrollment/files/one-bad-entry": "files of all apps, each with an entry that is wrong",
  "enrollment/files/other-apps": "apps whose readers are one small file each",
  "enrollment/files/token-lists": "lists of hardware tokens, by several readers",
  "enrollment/foreign-input": "what all parsers refuse",
  "enrollment/format-lists": "the lists of formats, beside each other",
  "enrollment/hard-pictures": "pictures of the bench, read by the whole reader",
  "enrollment/names-of-drafts": "names, whatever format they come from",
  "enrollment/picture/plain-text": "codes in other encodings, by all decoders and variants",
  "enrollment/round-trips": "what all formats write and read again",
  "lab/storm": "many requests at once",
  "otp/vectors": "the vectors of the RFCs for all algorithms",
  "otp/windows": "windows of counters, for verification and resynchronisation",
  "push/notifying-flood": "many notifications at once",
  "vault/grant-storm": "many processes that grant at once",
  "vault/storm": "many processes that write at once",
};

const rooms = readdirSync(join(ROOT, "src"));

/** `vault/cells/cell` for test/vault/cells/cell.test.ts. */
const tests = rooms.flatMap((room) => {
  const folder = join(ROOT, "test", room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${room}/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => name.replace(/\.test\.ts$/, ""));
});

test("each test of a room has the place and the name of what it tests", () => {
  expect(tests.length).toBeGreaterThan(100);
  expect(tests.filter((name) => !isMirror(name) && !Object.hasOwn(EXCEPTIONS, name))).toEqual([]);
});

test("every exception is needed", () => {
  const needed = tests.filter((name) => !isMirror(name));
  expect(Object.keys(EXCEPTIONS).filter((name) => !needed.includes(name))).toEqual([]);
});

/** A file, a folder, or a folder that gives the test its name: `commands/pin/pin`. */
function isMirror(name: string): boolean {
  const places = [`${name}.ts`, name];
  if (basename(name) === basename(dirname(name))) places.push(dirname(name));
  return places.some((place) => existsSync(join(ROOT, "src", place)));
}
