import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isTorture } from "../sampled.ts";
import { type Faults, runWith } from "../torture/faults.ts";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

/**
 * What file systems say that have no hard links: Linux, macOS, Android, Windows (EISDIR, of FAT),
 * one link each.
 */
const WITHOUT_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EISDIR", "EMLINK"];

/** What file systems say that cannot make a folder durable. */
const WITHOUT_SYNC = ["EINVAL", "ENOTSUP", "EPERM", "EBADF"];

/** Enrolls the first tokens of a new home, under faults. */
async function enrolled(faults: Faults): Promise<TestHome> {
  const home = testHome();
  const outcome = await runWith(home, ["enroll", "-"], faults, {
    input: `${HOTP_URI}\n${TOTP_URI}`,
  });
  expect(outcome).toMatchObject({ exitCode: 0 });
  return home;
}

const counterOf = async ({ fob }: TestHome) =>
  JSON.parse((await fob(["show", "ACME", "--json"])).stdout).counter;

/** A token is enrolled, and gives passcodes to processes at once, all of it under faults. */
async function firstCodes(faults: Faults): Promise<void> {
  const home = await enrolled(faults);
  expect(statSync(join(home.home, "key")).mode & 0o777).toBe(0o600);
  const codes = await Promise.all([0, 1].map(() => runWith(home, ["code", "ACME"], faults)));
  expect(codes.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    codes.map(() => ({ exitCode: 0, stderr: "" })),
  );
  expect(codes.map(({ stdout }) => stdout.trim()).sort()).toEqual(RFC_CODES.slice(0, 2).sort());
}

/** What a token goes through from its enrollment on, all of it under faults. */
async function wholeCycle(faults: Faults): Promise<void> {
  const home = await enrolled(faults);
  const run = (...args: readonly string[]) => runWith(home, args, faults);
  expect(statSync(join(home.home, "key")).mode & 0o777).toBe(0o600);
  const codes = await Promise.all(Array.from({ length: 8 }, () => run("code", "ACME")));
  expect(codes.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    codes.map(() => ({ exitCode: 0, stderr: "" })),
  );
  expect(codes.map(({ stdout }) => stdout.trim()).sort()).toEqual(RFC_CODES.slice(0, 8).sort());
  for (const args of [
    ["rename", "Example", "other"],
    ["remove", "ACME", "--yes"],
    ["restore", "ACME"],
    ["config", "set", "code.min-validity", "0"],
    ["config", "unset", "code.min-validity"],
  ]) {
    expect({ args, ...(await run(...args)) }).toMatchObject({ exitCode: 0 });
  }
  expect(await run("code", "ACME")).toEqual({
    stdout: `${RFC_CODES[8]}\n`,
    stderr: "",
    exitCode: 0,
  });
  expect(await counterOf(home)).toBe(9);
}

describe("a file system without hard links", () => {
  test.each(WITHOUT_LINKS)(
    "that says %s has vaults like any other",
    { timeout: 60_000 },
    async (linkCode) => {
      const cycle = isTorture || linkCode === WITHOUT_LINKS[0] ? wholeCycle : firstCodes;
      await cycle({ noLinks: true, linkCode });
    },
  );

  test("has one key for a vault that eight processes make at once", {
    timeout: 60_000,
  }, async () => {
    const home = testHome();
    const uris = Array.from({ length: 8 }, (_, i) => HOTP_URI.replaceAll("ACME", `t${i}`));
    const outcomes = await Promise.all(
      uris.map((input) => runWith(home, ["enroll", "-"], { noLinks: true }, { input })),
    );
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual(uris.map(() => 0));
    expect(JSON.parse((await home.fob(["list", "--json"])).stdout)).toHaveLength(8);
  });
});

describe("a file system that cannot sync a folder", () => {
  test.each(WITHOUT_SYNC)(
    "and says %s uses one counter for one passcode",
    { timeout: 60_000 },
    async (folderSync) => {
      const cycle = isTorture || folderSync === WITHOUT_SYNC[0] ? wholeCycle : firstCodes;
      await cycle({ folderSync });
    },
  );
});

describe("a disk that fails after the counter has moved on", () => {
  const FAILED = {
    exitCode: 8,
    stdout: "",
    stderr: expect.stringMatching(/^fob: counter 0 of ACME is used up[^\n]*\nhint: .*\n$/),
  };

  test.each([[["code", "ACME"]], [["code", "ACME", "--no-color"]]])(
    "%j says so, and uses up one",
    async (args) => {
      const home = await enrolled({});
      expect(await runWith(home, args, { folderSync: "EIO" })).toEqual(FAILED);
      expect(await counterOf(home)).toBe(1);
      expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    },
  );

  test("tells of a renaming that it was done", async () => {
    const home = await enrolled({});
    const { exitCode, stderr } = await runWith(home, ["rename", "Example", "other"], {
      folderSync: "EIO",
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 8,
      stderr: expect.stringContaining("was changed"),
    });
  });

  test("tells of putting damaged counters of wrong PINs aside that it was done", async () => {
    const home = await enrolled({});
    const vault = join(home.home, "vault");
    mkdirSync(join(vault, "attempts"));
    writeFileSync(join(vault, "attempts", "app"), "");
    const { stdout, stderr } = await runWith(home, ["doctor", "--repair"], { folderSync: "EIO" });
    expect(readdirSync(vault)).toContainEqual(expect.stringMatching(/^damaged-attempts-/));
    expect(stdout + stderr).toMatch(/damaged-attempts-\w+ was changed, but a power cut may undo/);
  });
});
