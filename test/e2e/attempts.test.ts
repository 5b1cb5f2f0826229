import { appendFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { updateCell } from "#vault/cells/cell.ts";
import { attemptsCell } from "#vault/cells/layout.ts";
import { readHeader } from "#vault/keys/header.ts";
import { HOTP_URI, homesLike, RFC_CODES, type TestHome, testHome } from "./fob.ts";

const PIN = { env: { FOB_PIN: "83517" } };
const WRONG = { env: { FOB_PIN: "62804" } };

const guardedHomes = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: HOTP_URI });
  expect(await fob(["pin", "set", "ACME"], PIN)).toMatchObject({ exitCode: 0 });
});

async function guarded(...rules: readonly string[]): Promise<TestHome> {
  if (rules.length === 0) return guardedHomes();
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  const set = await home.fob(["pin", "set", "ACME", "--policy", rules.join(",")], PIN);
  expect(set).toMatchObject({ exitCode: 0 });
  return home;
}

function attemptsFolder({ home }: TestHome): string {
  return join(home, "vault", "attempts");
}

/** Appends a byte to every file that counts wrong PINs, as if that had been done long ago. */
function damageCounts(home: TestHome): void {
  const folder = attemptsFolder(home);
  for (const name of readdirSync(folder)) {
    for (const file of readdirSync(join(folder, name))) {
      appendFileSync(join(folder, name, file), "x");
      utimesSync(join(folder, name, file), 0, 0);
    }
  }
}

async function left({ fob }: TestHome, ...name: readonly string[]): Promise<unknown> {
  return JSON.parse((await fob(["pin", "status", ...name, "--json"])).stdout).attemptsLeft;
}

describe("a damaged count of wrong PINs", () => {
  test("leaves one attempt: the right PIN mends it", async () => {
    const home = await guarded();
    await home.fob(["code", "ACME"], WRONG);
    damageCounts(home);
    expect(await left(home, "ACME")).toBe(1);
    expect(await home.fob(["code", "ACME"], PIN)).toMatchObject({
      stdout: `${RFC_CODES[0]}\n`,
      exitCode: 0,
    });
    expect(await left(home, "ACME")).toBe(10);
  });

  test("locks after a wrong PIN, and wipes nothing", async () => {
    const home = await guarded("at-limit=wipe");
    await home.fob(["code", "ACME"], WRONG);
    damageCounts(home);
    expect(await home.fob(["code", "ACME"], WRONG)).toMatchObject({
      exitCode: 4,
      stderr: "fob: wrong PIN for ACME (0 attempts left)\n",
    });
    expect(await home.fob(["code", "ACME"], PIN)).toMatchObject({ exitCode: 5 });
    expect(JSON.parse((await home.fob(["pin", "status", "ACME", "--json"])).stdout)).toMatchObject({
      locked: true,
      wiped: false,
    });
    // whoever may repair the vault gets the token back
    expect(await home.fob(["doctor", "--repair"])).toMatchObject({ exitCode: 0 });
    expect(await home.fob(["code", "ACME"], PIN)).toMatchObject({ stdout: `${RFC_CODES[0]}\n` });
  });

  test("is named by doctor, and set aside by its repair", async () => {
    const home = await guarded();
    await home.fob(["code", "ACME"], WRONG);
    damageCounts(home);
    const found = await home.fob(["doctor"]);
    expect(found.exitCode).toBe(6);
    expect(found.stdout).toMatch(
      /^attempts +failed +the count of wrong PINs for ACME is damaged: one attempt is left$/m,
    );
    expect(await home.fob(["doctor", "--repair"])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^attempts +ok +wrong PINs for ACME are counted anew$/m),
    });
    expect((await home.fob(["doctor"])).stdout).not.toContain("attempts");
    expect(await left(home, "ACME")).toBe(10);
    expect(readdirSync(join(home.home, "vault"))).toContainEqual(
      expect.stringMatching(/^damaged-attempts-/),
    );
  });

  test("of the app PIN does not shut the vault", async () => {
    const home = await guarded();
    await home.fob(["pin", "set"], PIN);
    await home.fob(["list"], WRONG);
    damageCounts(home);
    expect(await left(home)).toBe(1);
    expect(await home.fob(["list"], PIN)).toMatchObject({ exitCode: 0 });
    expect(await left(home)).toBe(10);
  });
});

test("what is not fob's in the folder of the counts hinders nothing", async () => {
  const home = await guarded();
  await home.fob(["code", "ACME"], WRONG);
  const folder = attemptsFolder(home);
  const [cell = ""] = readdirSync(folder);
  for (const place of [folder, join(folder, cell)])
    writeFileSync(join(place, ".DS_Store"), "foreign");
  mkdirSync(join(folder, "a folder"));
  mkdirSync(join(folder, cell, "999"));
  utimesSync(join(folder, cell, "999"), 0, 0);
  expect(await left(home, "ACME")).toBe(9);
  expect(await home.fob(["doctor"])).toMatchObject({ exitCode: 0 });
  expect(await home.fob(["code", "ACME"], PIN)).toMatchObject({ exitCode: 0 });
  expect(await left(home, "ACME")).toBe(10);
});

test("a count from an earlier version goes on, under a name that does not tell the token", async () => {
  const home = await guarded();
  const [{ id }] = JSON.parse((await home.fob(["list", "--json"])).stdout);
  const vaultId = readHeader(home.home)?.id ?? "";
  updateCell(attemptsCell({ home: home.home, vaultId }, id), () => Buffer.from("8"));
  expect(await left(home, "ACME")).toBe(2);
  expect(await home.fob(["code", "ACME"], WRONG)).toMatchObject({
    stderr: "fob: wrong PIN for ACME (1 attempt left)\n",
  });
  expect(readdirSync(attemptsFolder(home))).toEqual([expect.not.stringContaining(id)]);
  expect(await home.fob(["code", "ACME"], PIN)).toMatchObject({ exitCode: 0 });
});

test("a recovery code with a wrong digit, or one that is void, costs no attempt", async () => {
  const home = await guarded();
  const set = async (...args: readonly string[]): Promise<string> =>
    JSON.parse((await home.fob(["pin", ...args, "--json"], PIN)).stdout).recoveryCode;
  const code = await set("set");
  const digit = code[10] === "0" ? "1" : "0";
  const mistyped = code.slice(0, 10) + digit + code.slice(11);
  for (const text of [
    mistyped,
    mistyped.replaceAll("-", " "),
    mistyped.replaceAll("-", "").toUpperCase(),
  ]) {
    expect(await home.fob(["list"], { env: { FOB_PIN: text } })).toMatchObject({
      exitCode: 4,
      stderr: "fob: a digit of this recovery code is wrong (no attempt was counted)\n",
    });
  }
  expect(await left(home)).toBe(10);
  await home.fob(["pin", "change", "--pin-file", "-"], { input: "83517\n27954\n" });
  expect(await home.fob(["list"], { env: { FOB_PIN: code } })).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining("this recovery code is not the one of this vault"),
  });
  expect(await left(home)).toBe(10);
});

test("a PIN with the form of a recovery code is refused: nobody could tell what was meant", async () => {
  const home = testHome();
  const pin = "0f1e2d3c4b5a69788796a5b4c3d2e1f00ff1";
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  expect(await home.fob(["pin", "set"], { env: { FOB_PIN: pin } })).toMatchObject({
    exitCode: 6,
    stdout: "",
  });
  expect(await home.fob(["list"])).toMatchObject({ exitCode: 0 });
});

test("a wiped token takes its count with it", async () => {
  const home = await guarded("attempts=1", "at-limit=wipe");
  expect(await home.fob(["code", "ACME"], WRONG)).toMatchObject({ exitCode: 4 });
  expect(readdirSync(attemptsFolder(home))).toEqual([]);
  expect(JSON.parse((await home.fob(["pin", "status", "ACME", "--json"])).stdout)).toMatchObject({
    ...{ attemptsLeft: 0, locked: true, wiped: true },
  });
});
