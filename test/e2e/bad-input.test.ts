import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LINEAGE_BYTES } from "#vault/cells/cell.ts";
import { checksumSeal } from "#vault/cells/sealing.ts";
import { describeWith } from "../requires.ts";
import {
  filesBelow,
  HOTP_URI,
  type Outcome,
  RFC_CODES,
  type TestHome,
  TOTP_URI,
  testHome,
} from "./fob.ts";

async function enrolled(): Promise<TestHome & { tokens: string[] }> {
  const home = testHome();
  const { stdout } = await home.fob(["enroll", "-", "--json"], {
    input: `${HOTP_URI}\n${TOTP_URI}`,
  });
  return { ...home, tokens: JSON.parse(stdout).map(({ id }: { id: string }) => id) };
}

/**
 * One line that says what is wrong, perhaps one hint, no stack trace, nothing on standard output.
 */
function expectOneClearLine({ stdout, stderr }: Outcome): void {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^fob: [^\n]+\n(?:hint: [^\n]+\n)?$/);
  expect(stderr).not.toMatch(/ at |node:|\.[cm]?[jt]s\b/);
}

function onlyFile(folder: string): string {
  return join(folder, readdirSync(folder)[0] ?? "");
}

describe("a damaged vault", () => {
  test.each([
    ["header", "empty", (path: string) => truncateSync(path, 0)],
    ["header", "cut", (path: string) => truncateSync(path, 40)],
    ["index", "cut", (path: string) => truncateSync(path, 60)],
    ["index", "altered", alter],
    ["tokens", "cut", (path: string) => truncateSync(path, 100)],
    ["tokens", "altered", alter],
  ])("with its %s %s is named, and nothing is touched", async (part, _how, damage) => {
    const { fob, home, tokens } = await enrolled();
    const folder = join(home, "vault", part, part === "tokens" ? (tokens[0] ?? "") : "");
    damage(onlyFile(folder));
    const before = snapshot(home);
    const outcome = await fob(["code", "ACME"]);
    expect(outcome.exitCode).toBe(6);
    expect(outcome.stderr).toContain("is damaged or does not belong to this vault");
    expectOneClearLine(outcome);
    expect(snapshot(home)).toEqual(before);
  });

  test("still gives the passcodes of its other tokens", async () => {
    const { fob, home, tokens } = await enrolled();
    alter(onlyFile(join(home, "vault", "tokens", tokens[0] ?? "")));
    expect((await fob(["code", "Example"])).exitCode).toBe(0);
  });

  test("does not open with files swapped, renamed or taken from another vault", async () => {
    const { fob, home, tokens } = await enrolled();
    const [first, second] = tokens.map((id) => join(home, "vault", "tokens", id)) as [
      string,
      string,
    ];
    const file = onlyFile(first);
    renameSync(file, join(first, "9"));
    expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 6 });
    cpSync(onlyFile(second), join(first, "9"));
    expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 6 });
    const other = await enrolled();
    rmSync(join(home, "vault", "index"), { recursive: true });
    cpSync(join(other.home, "vault", "index"), join(home, "vault", "index"), { recursive: true });
    expect(await fob(["list"])).toMatchObject({ exitCode: 6 });
  });

  test("of a newer version is left alone", async () => {
    const { fob, home } = await enrolled();
    const folder = join(home, "vault", "header");
    const lineage = Buffer.alloc(LINEAGE_BYTES);
    const header = Buffer.concat([
      lineage,
      Buffer.from(JSON.stringify({ format: "fob-vault", version: 3, more: true })),
    ]);
    rmSync(onlyFile(folder));
    writeFileSync(join(folder, "5"), checksumSeal.seal(header, "header/5"));
    const outcome = await fob(["enroll", "-"], { input: HOTP_URI });
    expectOneClearLine(outcome);
    expect(outcome).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("needs a newer fob"),
    });
    expect(readdirSync(folder)).toEqual(["5"]);
  });

  test("without its key, or with another one, says so", async () => {
    const { fob, home } = await enrolled();
    writeFileSync(join(home, "key"), `${Buffer.alloc(32).toString("base64")}\n`);
    expect(await fob(["list"])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("does not belong to this vault"),
    });
    rmSync(join(home, "key"));
    expect(await fob(["list"])).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("key file of this vault is gone"),
    });
  });

  test("with a key file that others can read is not opened", async () => {
    const { fob, home } = await enrolled();
    chmodSync(join(home, "key"), 0o644);
    expect(await fob(["code", "Example"])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`chmod 600 ${home}/key`),
    });
  });
});

describeWith({ tmpfs: true }, "a home that cannot be written to", () => {
  let disk: string;

  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), "fob-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
  });
  afterAll(() => {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });

  test("because the disk is full loses nothing, and repeats no passcode", async () => {
    const { fob } = testHome();
    const home = { FOB_HOME: join(disk, "home") };
    expect(
      (await fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}`, env: home })).exitCode,
    ).toBe(0);
    expect((await fob(["code", "ACME"], { env: home })).stdout).toBe(`${RFC_CODES[0]}\n`);
    fill(join(disk, "filler"));
    const outcome = await fob(["code", "ACME"], { env: home });
    expectOneClearLine(outcome);
    expect(outcome).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("no space left on the device"),
    });
    expect((await fob(["code", "Example"], { env: home })).exitCode).toBe(0);
    expect(
      await fob(["enroll", "-"], { input: HOTP_URI.replaceAll("ACME", "New"), env: home }),
    ).toMatchObject({
      exitCode: 8,
    });
    rmSync(join(disk, "filler"));
    expect((await fob(["code", "ACME"], { env: home })).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(JSON.parse((await fob(["list", "--json"], { env: home })).stdout)).toHaveLength(2);
  });

  test("because the file system is read-only still gives time-based passcodes", async () => {
    const { fob } = testHome();
    const home = { FOB_HOME: join(disk, "home") };
    execFileSync("mount", ["-o", "remount,ro", disk]);
    try {
      expect((await fob(["code", "Example"], { env: home })).stdout).toMatch(/^\d{8}\n$/);
      const outcome = await fob(["code", "ACME"], { env: home });
      expectOneClearLine(outcome);
      expect(outcome).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("read-only") });
    } finally {
      execFileSync("mount", ["-o", "remount,rw", disk]);
    }
  });

  test("because it is no folder says so", async () => {
    const { fob, home } = testHome();
    writeFileSync(join(home, "file"), "");
    const outcome = await fob(["enroll", "-"], {
      input: HOTP_URI,
      env: { FOB_HOME: join(home, "file", "x") },
    });
    expectOneClearLine(outcome);
    expect(outcome).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("not a folder") });
  });
});

describe("names with control characters", () => {
  test("never reach a terminal raw, wherever they come from", async () => {
    const { fob } = testHome();
    const evil = "\u001b]0;owned\u0007\u009b31mred\u202egnp.exe";
    const uri = `otpauth://totp/${encodeURIComponent(`ACME:${evil}`)}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=${encodeURIComponent(evil)}`;
    const runs = [
      await fob(["enroll", "-"], { input: uri }),
      await fob(["list"]),
      await fob(["list", "--json"]),
      await fob(["code", evil]),
      await fob(["code", evil, "--json"]),
      await fob(["enroll", "-", "--name", evil], { input: uri }),
      await fob(["rename", evil, evil]),
      await fob(["enroll", "--qr", `${evil}.png`]),
      await fob([evil]),
      await fob(["code", `--${evil}`]),
    ];
    for (const { stdout, stderr } of runs)
      expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
    expect(runs[0]?.stderr).toContain("invisible characters were taken out");
  });
});

describe("a reader that has had enough", () => {
  test("ends the run quietly", async () => {
    const { home } = await enrolled();
    const fob = join(process.cwd(), "bin", "fob.js");
    const command = `"${process.execPath}" "${fob}" list --json | head -c 1; echo " \${PIPESTATUS[0]}"`;
    const text = execFileSync("bash", ["-c", command], {
      env: { ...process.env, FOB_HOME: home },
      encoding: "utf8",
    });
    expect(text).toBe("[ 0\n");
  });

  test("or that cannot take it, is told from one that has had enough", async () => {
    const { home } = await enrolled();
    const fob = join(process.cwd(), "bin", "fob.js");
    for (const args of ["code Example", "list"]) {
      const command = `"${process.execPath}" "${fob}" ${args} 2>&1 >/dev/full; echo $?`;
      const text = execFileSync("bash", ["-c", command], {
        env: { ...process.env, FOB_HOME: home },
        encoding: "utf8",
      });
      expect(text).toMatch(/^fob: cannot write to standard output: [^\n]*ENOSPC[^\n]*\n8\n$/);
    }
  });

  test("or that cannot take it, is told to a program as JSON, or by the exit code alone", async () => {
    const { home } = await enrolled();
    const fob = `"${process.execPath}" "${join(process.cwd(), "bin", "fob.js")}"`;
    const said = (args: string, errors: string) =>
      execFileSync("bash", ["-c", `${fob} ${args} 2>${errors} >/dev/full; echo $?`], {
        env: { ...process.env, FOB_HOME: home },
        encoding: "utf8",
      });
    const message = expect.stringMatching(/^cannot write to standard output: .*ENOSPC/);
    for (const args of ["code Example --json", "list --json"]) {
      const [error = "", exitCode] = said(args, "&1").split("\n");
      expect(JSON.parse(error)).toEqual({ error: { code: "unavailable", message } });
      expect(exitCode).toBe("8");
      expect(said(args, "/dev/full")).toBe("8\n");
    }
  });
});

function alter(path: string): void {
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function snapshot(home: string): Record<string, string> {
  return Object.fromEntries(
    filesBelow(home).map((path) => [path, readFileSync(path).toString("hex")]),
  );
}

function fill(path: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: "a" });
    } catch {
      // full to within this size
    }
  }
}
