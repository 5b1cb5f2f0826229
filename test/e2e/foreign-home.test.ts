import { existsSync, lchownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { FOB, filesBelow, HOTP_URI, homesLike, RFC_CODES, TOTP_URI, testHome } from "./fob.ts";

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

  test("is told whose agent holds it, and ends that with `fob lock`", async () => {
    const { fob, home } = await enrolled();
    giveTo(ANN, home);
    const { PATH } = process.env;
    const { stdout } = await execa(process.execPath, [FOB, "unlock", "--json"], {
      env: { PATH, HOME: home, FOB_HOME: home, TMPDIR: home },
      extendEnv: false,
      uid: ANN,
      gid: ANN,
      cwd: home,
    });
    const { pid } = JSON.parse(stdout);
    onTestFinished(() => {
      if (existsSync(`/proc/${pid}`)) process.kill(pid);
    });
    expect(await fob(["agent", "status"])).toEqual({
      exitCode: 8,
      stdout: "",
      stderr:
        `fob: the agent (process ${pid}) that holds this vault belongs to user ${ANN}\n` +
        "hint: run fob as that user; `fob lock` as root ends the agent\n",
    });
    expect(await fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "locked\n" });
    expect((await fob(["agent", "status"])).stdout).toMatch(/^locked: /);
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
