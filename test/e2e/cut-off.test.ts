import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { until } from "../waiting.ts";
import { FOB, HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, testHome } from "./fob.ts";

const PIN = "83517";

/** Tokens whose issuer demands a PIN. */
function demanding(count: number): string {
  const uri = (i: number) =>
    `otpauth://hotp/pin${i}:ann?secret=${RFC_SECRET}&issuer=pin${i}&counter=0&pinpolicy=min%3D4`;
  return Array.from({ length: count }, (_, i) => uri(i)).join("\n");
}

async function listed({
  fob,
}: TestHome): Promise<{ readonly name: string; readonly pin: string }[]> {
  return JSON.parse((await fob(["list", "--json"])).stdout);
}

function folders(home: string): number {
  try {
    return readdirSync(join(home, "vault/tokens")).length;
  } catch {
    // not yet
    return 0;
  }
}

function start(
  { home }: TestHome,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const all = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    FOB_HOME: home,
    FOB_KEYCHAIN: "file",
    ...env,
  };
  return spawn(process.execPath, [FOB, ...args], {
    env: all,
    cwd: home,
    stdio: ["pipe", "ignore", "ignore"],
  });
}

function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
}

describe("a token whose issuer demands a PIN", () => {
  test.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)(
    "is never there without it, when %s ends the enrollment between two tokens",
    async (signal) => {
      const test = testHome();
      const child = start(test, ["enroll", "-"], { FOB_PIN: PIN });
      child.stdin?.end(demanding(4));
      const end = ended(child);
      await until("two tokens are written", () => folders(test.home) >= 2, { everyMs: 1 });
      child.kill(signal);
      expect(await end).toBe(signal === "SIGINT" ? 130 : signal);
      expect(await listed(test)).toEqual([]);
      expect(await test.fob(["code", "pin0"])).toMatchObject({ exitCode: 3 });
      const again = await test.fob(["enroll", "-"], { input: demanding(4), env: { FOB_PIN: PIN } });
      expect(again).toMatchObject({ exitCode: 0 });
      expect(await listed(test)).toHaveLength(4);
      expect(folders(test.home)).toBe(4);
      for (const i of [0, 3]) {
        expect(await test.fob(["code", `pin${i}`])).toMatchObject({ exitCode: 5 });
        expect((await test.fob(["code", `pin${i}`], { env: { FOB_PIN: PIN } })).exitCode).toBe(0);
      }
    },
  );

  test.each(["enroll", "import"])(
    "that an older fob left without one gets it from the next %s",
    async (command) => {
      const test = testHome();
      const bare = demanding(2).replaceAll("&pinpolicy=min%3D4", "");
      await test.fob(["enroll", "-"], { input: bare });
      expect(await test.fob(["code", "pin0"])).toMatchObject({ exitCode: 0 });
      writeFileSync(join(test.home, "list"), demanding(2));
      const args = command === "enroll" ? ["enroll", "-"] : ["import", join(test.home, "list")];
      const again = await test.fob(args, { input: demanding(2), env: { FOB_PIN: PIN } });
      expect(again).toMatchObject({ exitCode: 0 });
      expect((await listed(test)).map(({ pin }) => pin)).toEqual(["user", "user"]);
      expect(await test.fob(["code", "pin0"])).toMatchObject({ exitCode: 5 });
      expect((await test.fob(["code", "pin0"], { env: { FOB_PIN: PIN } })).stdout).toBe(
        `${RFC_CODES[1]}\n`,
      );
      // and now it is known, behind its PIN too
      const third = await test.fob(["import", join(test.home, "list")], { env: { FOB_PIN: PIN } });
      expect(third).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining("2 tokens enrolled already"),
      });
    },
  );
});

describe("one secret", () => {
  const enrolled = async () => {
    const test = testHome();
    await test.fob(["enroll", "-"], { input: HOTP_URI });
    const codes: string[] = [];
    const take = async (name = "ACME") => {
      const { stdout, exitCode } = await test.fob(["code", name]);
      expect(exitCode).toBe(0);
      codes.push(stdout.trim());
    };
    return { ...test, codes, take };
  };

  test("gives no passcode twice, however it is removed, enrolled again and restored", async () => {
    const { fob, home, codes, take } = await enrolled();
    const file = join(home, "kept.age");
    const env = { FOB_PIN: "correct horse battery staple" };
    await take();
    expect(await fob(["backup", file], { env })).toMatchObject({ exitCode: 0 });
    await take();
    await fob(["remove", "ACME", "--yes"]);
    expect((await fob(["enroll", "-"], { input: HOTP_URI })).stderr).toContain(
      "goes on at the counter 2",
    );
    await take();
    const twin = await fob(["restore", "ACME"]);
    expect(twin).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("in use already") });
    await fob(["remove", "ACME", "--yes"]);
    await fob(["restore", file], { env });
    await take();
    await fob(["remove", "ACME", "--yes"]);
    const removed = JSON.parse((await fob(["restore", "--json"])).stdout);
    expect(removed).toHaveLength(3);
    // the one that was removed first, and counted least
    const { id } = removed.at(-1);
    expect((await fob(["restore", id])).stderr).toContain("goes on at the counter 4");
    await take();
    await fob(["enroll", "-", "--name", "other"], { input: HOTP_URI.replaceAll("ACME", "Other") });
    await take("other");
    expect(codes).toEqual(RFC_CODES.slice(0, 6));
  });

  test("goes on at the counter of a backup that is further on", async () => {
    const { fob, home, take } = await enrolled();
    const env = { FOB_PIN: "correct horse battery staple" };
    for (let i = 0; i < 3; i++) await take();
    const file = join(home, "kept.age");
    await fob(["backup", file], { env });
    const other = testHome();
    await other.fob(["enroll", "-"], { input: HOTP_URI });
    const restored = await other.fob(["restore", file], { env });
    expect(restored).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("goes on at the counter 3"),
    });
    expect((await other.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[3]}\n`);
  });

  test("in a list twice, at two counters, is one token at the higher one", async () => {
    const { home, fob } = testHome();
    writeFileSync(
      join(home, "list"),
      `${HOTP_URI}\n${HOTP_URI.replace("counter=0", "counter=4")}\n${HOTP_URI}\n`,
    );
    expect((await fob(["import", join(home, "list")])).exitCode).toBe(0);
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(1);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[4]}\n`);
  });
});

test("what an older fob left unlisted is found when duplicates are looked for", async () => {
  const test = testHome();
  const { home, fob } = test;
  const uris = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => HOTP_URI.replaceAll("ACME", `A${from + i}`)).join("\n");
  await fob(["enroll", "-"], { input: uris(0, 1) });
  const index = join(home, "vault/index");
  const before = join(home, "index-before");
  cpSync(index, before, { recursive: true });
  writeFileSync(join(home, "list"), uris(1, 20));
  await fob(["import", join(home, "list")]);
  await fob(["code", "A1"]);
  rmSync(index, { recursive: true });
  cpSync(before, index, { recursive: true });
  const doctor = (await fob(["doctor", "--json"])).stdout;
  expect(doctor).toContain("the index is not true for 20 tokens");
  expect(doctor.length).toBeLessThan(6_000);
  expect(await listed(test)).toHaveLength(1);
  expect((await fob(["import", join(home, "list")])).exitCode).toBe(0);
  expect(await listed(test)).toHaveLength(21);
  expect(folders(home)).toBe(21);
  expect(JSON.parse((await fob(["code", "A1", "--json"])).stdout)).toMatchObject({
    counter: expect.toSatisfy((n) => n >= 1),
  });
});

test("six imports of one list at once leave every token once", async () => {
  const test = testHome();
  const { home, fob } = test;
  await fob(["enroll", "-"], { input: HOTP_URI });
  const uris = Array.from({ length: 40 }, (_, i) => HOTP_URI.replaceAll("ACME", `A${i}`));
  writeFileSync(join(home, "list"), uris.join("\n"));
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, () => fob(["import", join(home, "list")])),
  );
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await listed(test)).toHaveLength(41);
  expect(folders(home)).toBe(41);
});

test("doctor counts empty folders and takes them away", async () => {
  const { home, fob } = testHome();
  await fob(["enroll", "-"], { input: HOTP_URI });
  const { mkdirSync, utimesSync } = await import("node:fs");
  for (let i = 0; i < 3; i++) {
    const folder = join(home, "vault/tokens", `00000000000000a${i}`);
    mkdirSync(folder, { mode: 0o700 });
    utimesSync(folder, 1, 1);
  }
  expect((await fob(["doctor"])).stdout).toMatch(
    /leftovers +warning +interrupted writes left behind: 3 empty folders/,
  );
  expect((await fob(["doctor", "--repair"])).stdout).toMatch(/leftovers +ok/);
  expect(folders(home)).toBe(1);
});
