import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "../e2e/fob.ts";

const PAGE = readFileSync(
  fileURLToPath(new URL("../../docs/recovery.md", import.meta.url)),
  "utf8",
);
const PIN = "83517";
const NEW_PIN = "64137";
const PASSPHRASE = "six heavy wooden chairs";

interface Prepared extends TestHome {
  readonly recoveryCode: string;
  readonly backup: string;
}

/** A home with two tokens, an app PIN, its recovery code, and a backup. */
async function prepared(): Promise<Prepared> {
  const made = testHome();
  await made.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  const set = await made.fob(["pin", "set", "--json"], { env: { FOB_PIN: PIN } });
  const backup = join(made.home, "..", `${made.home.split("/").at(-1)}.age`);
  const lines = `${PIN}\n${PASSPHRASE}\n`;
  expect(await made.fob(["backup", backup], { env: { FOB_PIN: lines } })).toMatchObject({
    exitCode: 0,
  });
  return { ...made, backup, recoveryCode: JSON.parse(set.stdout).recoveryCode };
}

/** Restores the backup into a new home, and takes a passcode there. */
async function expectBackupToWork({ backup }: Prepared): Promise<TestHome> {
  const made = testHome();
  const restored = await made.fob(["restore", backup], { env: { FOB_PIN: PASSPHRASE } });
  expect(restored).toMatchObject({ exitCode: 0 });
  rmSync(backup);
  expect((await made.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  return made;
}

async function newPinBy({ fob, recoveryCode }: Prepared): Promise<void> {
  const changed = await fob(["pin", "change", "--json"], {
    env: { FOB_PIN: `${recoveryCode}\n${NEW_PIN}` },
  });
  expect(JSON.parse(changed.stdout).recoveryCode).not.toBe(recoveryCode);
  expect((await fob(["code", "ACME"], { env: { FOB_PIN: NEW_PIN } })).stdout).toBe(
    `${RFC_CODES[0]}\n`,
  );
  const void_ = await fob(["list"], { env: { FOB_PIN: recoveryCode } });
  expect(void_).toMatchObject({ exitCode: 4 });
}

/** What is lost, and the steps of the page, by its headings. */
const CASES: Readonly<Record<string, (home: Prepared) => Promise<unknown>>> = {
  "The app PIN": async (home) => {
    await newPinBy(home);
    await expectBackupToWork(home);
  },
  "The PIN of a token": async (home) => {
    const { fob, backup } = home;
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: `${PIN}\n90210` } });
    expect(await fob(["remove", "ACME", "--yes"], { env: { FOB_PIN: PIN } })).toMatchObject({
      exitCode: 0,
    });
    const restored = await fob(["restore", backup], { env: { FOB_PIN: `${PASSPHRASE}\n${PIN}` } });
    expect(restored).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: PIN } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    rmSync(backup);
  },
  "The recovery code": async ({ fob, recoveryCode, backup }) => {
    await fob(["pin", "change"], { env: { FOB_PIN: `${PIN}\n${NEW_PIN}` } });
    const lines = `${NEW_PIN}\n${PIN}`;
    const changed = await fob(["pin", "change", "--json"], { env: { FOB_PIN: lines } });
    const next = JSON.parse(changed.stdout).recoveryCode;
    expect(next).not.toBe(recoveryCode);
    expect(await fob(["list"], { env: { FOB_PIN: next } })).toMatchObject({ exitCode: 0 });
    expect(await fob(["list"], { env: { FOB_PIN: recoveryCode } })).toMatchObject({ exitCode: 4 });
    rmSync(backup);
  },
  "The vault's key": async (home) => {
    rmSync(join(home.home, "key"));
    expect(await home.fob(["list"], { env: { FOB_PIN: PIN } })).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("the key file of this vault is gone"),
    });
    await newPinBy(home);
    rmSync(home.backup);
  },
  "The machine": async (home) => {
    const restored = await expectBackupToWork(home);
    // its counter is raised, because the old machine is not there to resynchronise with
    const { stdout } = await restored.fob(["export", "ACME", "--yes"]);
    expect(stdout).toContain("counter=1");
    const raised = stdout.replace(/counter=\d+/, "counter=6");
    expect(await restored.fob(["enroll", "--replace", "-"], { input: raised })).toMatchObject({
      exitCode: 0,
    });
    expect((await restored.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[6]}\n`);
  },
  "A token, removed by mistake": async ({ fob, backup }) => {
    await fob(["remove", "ACME", "--yes"], { env: { FOB_PIN: PIN } });
    expect((await fob(["restore"], { env: { FOB_PIN: PIN } })).stdout).toContain("ACME");
    await fob(["restore", "ACME"], { env: { FOB_PIN: PIN } });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: PIN } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    rmSync(backup);
  },
  "A damaged file": async (home) => {
    const { fob, backup } = home;
    const list = await fob(["list", "--json"], { env: { FOB_PIN: PIN } });
    const { id } = JSON.parse(list.stdout).find((each: { name: string }) => each.name === "ACME");
    const folder = join(home.home, "vault/tokens", id);
    cpSync(folder, `${folder}.copy`, { recursive: true });
    for (const file of readdirSync(folder)) writeFileSync(join(folder, file), "garbage");
    expect((await fob(["doctor"], { env: { FOB_PIN: PIN } })).stdout).toContain(folder);
    // a copy of this one file
    rmSync(folder, { recursive: true });
    cpSync(`${folder}.copy`, folder, { recursive: true });
    rmSync(`${folder}.copy`, { recursive: true });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: PIN } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    // no copy
    for (const file of readdirSync(folder)) writeFileSync(join(folder, file), "garbage");
    await fob(["doctor", "--repair"], { env: { FOB_PIN: PIN } });
    const restored = await fob(["restore", backup], { env: { FOB_PIN: `${PASSPHRASE}\n${PIN}` } });
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(await fob(["code", "ACME"], { env: { FOB_PIN: PIN } })).toMatchObject({ exitCode: 0 });
    // nothing opens without the header
    rmSync(join(home.home, "vault/header"), { recursive: true });
    expect(await fob(["list"], { env: { FOB_PIN: PIN } })).toMatchObject({ exitCode: 6 });
    await expectBackupToWork(home);
  },
};

/** Its steps are those of the tests with a real chip. */
const ELSEWHERE = ["The TPM"];

describe("docs/recovery.md", () => {
  test("has the losses that are tried here", () => {
    const headings = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([...Object.keys(CASES), ...ELSEWHERE]);
  });

  test.each(Object.entries(CASES))("%s", async (_, follow) => {
    await follow(await prepared());
  });
});
