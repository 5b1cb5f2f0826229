import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { showInPager } from "#platform/program/pager.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-pager-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const seen = () => join(folder, "seen");

/** A program of this name in PATH, which keeps what it is given, and how. */
function pager(name: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n{ echo "$0 $* LESS=$LESS"; cat; } > '${seen()}'\n`);
  chmodSync(path, 0o700);
}

/** Whether a text was shown, and the first line and the rest of what the pager got. */
async function shown(env: NodeJS.ProcessEnv, text: string | Buffer = "one\ntwo\n") {
  const stream = { isTTY: false };
  const host = { stdin: stream, stdout: stream, stderr: stream };
  const PATH = `${folder}:${process.env["PATH"]}`;
  const isShown = await showInPager(text, { ...host, env: { PATH, ...env } });
  if (!existsSync(seen())) return { isShown };
  const got = readFileSync(seen(), "utf8");
  const end = got.indexOf("\n");
  return { isShown, how: got.slice(folder.length + 1, end), got: got.slice(end + 1) };
}

test.runIf(process.platform !== "win32")("less pages by itself, as git lets it", async () => {
  pager("less");
  expect(await shown({})).toEqual({ isShown: true, how: "less  LESS=FRX", got: "one\ntwo\n" });
  // what the person has set for less stays
  expect(await shown({ LESS: "i" })).toMatchObject({ how: "less  LESS=i" });
});

test("FOB_PAGER comes before PAGER, with options, and a shell where it takes one", async () => {
  pager("mine");
  pager("other");
  const both = { FOB_PAGER: "mine -a --b=c", PAGER: "other" };
  expect(await shown(both)).toMatchObject({ how: "mine -a --b=c LESS=FRX", isShown: true });
  expect(await shown({ PAGER: "other" })).toMatchObject({ how: "other  LESS=FRX" });
  const piped = { PAGER: "sed -n 's/two/2/p' | other \"a b\"" };
  expect(await shown(piped)).toMatchObject({ how: "other a b LESS=FRX", got: "2\n" });
});

test.each([
  [{ FOB_PAGER: "", PAGER: "less" }],
  [{ FOB_PAGER: "cat" }],
  [{ PAGER: "no-such-program -x" }],
  [{ PAGER: "no-such-program 'x'" }],
  [{ PAGER: "false" }],
  [{ PAGER: "sh -c 'kill -9 $$'" }],
])("nothing was shown with %o", async (env) => {
  pager("less");
  expect(await shown(env)).toEqual({ isShown: false });
});

test("a pager that is left before the end has shown the text", async () => {
  expect(await shown({ PAGER: "true" }, "x".repeat(2 ** 22))).toEqual({ isShown: true });
});
