import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPasswordStore } from "#platform/program/password-store.ts";
import { scriptRunner } from "../script-runner.ts";

const MEBIBYTE = 1_048_576;

const store = mkdtempSync(join(tmpdir(), "fob-store-"));
beforeAll(() => writeFileSync(join(store, "vpn.gpg"), ""));
afterAll(() => rmSync(store, { recursive: true, force: true }));

describe.skipIf(process.platform === "win32")("an entry of a password store", () => {
  const { program } = scriptRunner();

  test.each([
    ["as long as allowed", `head -c ${MEBIBYTE} /dev/zero`, MEBIBYTE],
    ["one byte longer", `head -c ${MEBIBYTE + 1} /dev/zero`, null],
    ["without an end", "cat /dev/zero", null],
    ["of a program that fails", "printf x; exit 1", null],
  ])("%s is shown whole or not at all", async (_, script, length) => {
    program("pass", script);
    const { show } = openPasswordStore(store, process.env);
    expect((await show("vpn"))?.length ?? null).toBe(length);
  });
});
