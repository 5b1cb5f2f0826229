import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolders } from "#base/make-folders.ts";
import { FOB, HOTP_URI, testHome } from "../e2e/fob.ts";

describe("folders", () => {
  test("are made with those that they lie in, and the outermost new one is named", () => {
    const base = mkdtempSync(join(tmpdir(), "f-"));
    const folder = join(base, "a", "b", "c");
    expect(makeFolders(folder, 0o700)).toBe(join(base, "a"));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(makeFolders(folder, 0o700)).toBeNull();
    symlinkSync(folder, join(base, "link"));
    expect(makeFolders(join(base, "link"))).toBeNull();
  });

  test("where there is a file, or one on the way, are refused", () => {
    const base = mkdtempSync(join(tmpdir(), "f-"));
    writeFileSync(join(base, "file"), "");
    expect(() => makeFolders(join(base, "file"))).toThrow(/EEXIST/);
    expect(() => makeFolders(join(base, "file", "a", "b"))).toThrow(/ENOTDIR/);
  });

  test.runIf(existsSync("/proc/self"))("that no system makes end with an error", () => {
    const { home } = testHome();
    const run = (fobHome: string, ...args: string[]) =>
      spawnSync(process.execPath, [FOB, ...args], {
        env: { PATH: process.env["PATH"], HOME: home, FOB_HOME: fobHome, FOB_KEYCHAIN: "file" },
        input: HOTP_URI,
        encoding: "utf8",
        timeout: 20_000,
      });
    for (const { status, stderr } of [
      run("/proc/fob/home", "enroll", "-"),
      run("/proc/fob/home", "config", "set", "sync.every", "15m"),
      run(home, "sync", "init", "/proc/fob/tokens.git"),
    ])
      expect({ status, stderr }).toEqual({
        status: 8,
        stderr: expect.stringMatching(/^fob: cannot (?:create|use|write) \/proc\/fob/),
      });
  });
});
