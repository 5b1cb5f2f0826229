import { lchownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, HOTP_URI, homesLike, RFC_CODES, TOTP_URI, testHome } from "./fob.ts";

/** A user that the system has no name for. */
const ANN = 54_321;

const isRoot = process.getuid?.() === 0;

const enrolled = homesLike(({ fob }) =>
  fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}\n` }),
);

describe.runIf(isRoot)("root with a user's home", () => {
  test.each([
    "code ACME",
    "favorite ACME",
    "rename ACME other",
    "remove ACME --yes",
    "resync ACME 755224 287082",
    "enroll otpauth://totp/n?secret=GEZDGNBVGY3TQOJQ",
    "access grant label --token ACME",
    "config set clipboard.clear-after 5",
    "unlock",
  ])("writes nothing there: %s", async (line) => {
    const { fob, home } = await enrolled();
    giveTo(ANN, home);
    const before = filesBelow(home).sort();
    const { exitCode, stderr } = await fob(line.split(" "));
    expect(filesBelow(home).sort()).toEqual(before);
    expect(stderr).toMatch(
      `${home} belongs to user ${ANN}, who could not read what this user writes there\n` +
        "hint: run fob as that user, or name a folder of your own with --home or FOB_HOME\n",
    );
    expect(exitCode).toBe(4);
  });

  test("reads it", async () => {
    const { fob, home } = await enrolled();
    giveTo(ANN, home);
    const before = filesBelow(home).sort();
    expect((await fob(["list"])).exitCode).toBe(0);
    expect((await fob(["code", "Example"])).stdout).toMatch(/^\d{8}\n$/);
    expect(filesBelow(home).sort()).toEqual(before);
  });

  test("makes none in a user's folder", async () => {
    const { fob, home } = testHome();
    const folder = join(home, "ann");
    mkdirSync(folder);
    lchownSync(folder, ANN, ANN);
    const { exitCode } = await fob(["enroll", "--home", join(folder, "fob"), "-"], {
      input: HOTP_URI,
    });
    expect(exitCode).toBe(4);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("uses one of its own in which a container's user has written", async () => {
    const { fob, home } = await enrolled();
    giveTo(ANN, join(home, "vault"));
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("learns from doctor whose files are in the way, and the command that mends it", async () => {
    const { fob, home } = await enrolled();
    giveTo(ANN, home);
    expect(await ownerCheck(fob)).toMatchObject({ status: "warning" });
    const index = join(home, "vault", "index");
    lchownSync(index, 0, 0);
    expect(await ownerCheck(fob)).toEqual({
      check: "owner",
      status: "failed",
      message: `1 file or folders belong to others than ${ANN}: ${index} to root (0)`,
      hint: `\`sudo chown -hR ${ANN} '${home}'\``,
    });
  });
});

test.runIf(process.platform !== "win32")("doctor finds a home in order", async () => {
  const { fob } = await enrolled();
  expect(await ownerCheck(fob)).toMatchObject({ status: "ok" });
});

async function ownerCheck(fob: Awaited<ReturnType<typeof enrolled>>["fob"]) {
  const { stdout } = await fob(["doctor", "--json"]);
  return JSON.parse(stdout).find(({ check }: { check: string }) => check === "owner");
}

function giveTo(user: number, folder: string): void {
  for (const path of [folder, ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    lchownSync(path === folder ? path : join(folder, path), user, user);
  }
}
