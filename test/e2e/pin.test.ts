import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HOTP_URI, homesLike, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const PIN = { FOB_PIN: "4711" };

const enrolled = homesLike(({ fob }) =>
  fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` }),
);

/** A home whose token ACME has a PIN. */
const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  await fob(["pin", "set", "ACME"], { env: PIN });
});

/** A home with an app PIN, and its recovery code. */
let code = "";
const locked = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  const { stdout } = await fob(["pin", "set", "--json"], { env: PIN });
  code = JSON.parse(stdout).recoveryCode;
});

async function withRecoveryCode(): Promise<TestHome & { readonly recoveryCode: string }> {
  const home = await locked();
  return { ...home, recoveryCode: code };
}

describe("a token's PIN", () => {
  test("is needed for this token's passcodes and for no other's", async () => {
    const { fob } = await enrolled();
    expect(await fob(["pin", "set", "ACME"], { env: PIN })).toMatchObject({
      stdout: "PIN of ACME set\n",
      exitCode: 0,
    });
    expect(await fob(["code", "ACME"])).toMatchObject({
      stdout: "",
      exitCode: 5,
      stderr:
        "fob: cannot ask here: PIN for ACME\nhint: --pin-file F, --pin-fd N or FOB_PIN answers without a terminal\n",
    });
    expect(await fob(["code", "ACME"], { env: { FOB_PIN: "1704" } })).toMatchObject({
      stdout: "",
      exitCode: 4,
      stderr: "fob: wrong PIN for ACME (9 attempts left)\n",
    });
    expect((await fob(["code", "ACME"], { env: PIN })).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect((await fob(["code", "Example"])).exitCode).toBe(0);
    expect(JSON.parse((await fob(["list", "--json"])).stdout)[0]).toMatchObject({
      name: "ACME",
      pin: "user",
      counter: 1,
    });
  });

  test("comes from a file, from standard input or from a descriptor", async () => {
    const { fob, home } = await enrolled();
    const file = join(home, "pin.txt");
    writeFileSync(file, "4711\n");
    await fob(["pin", "set", "ACME", "--pin-file", file]);
    expect((await fob(["code", "ACME", "--pin-file", file])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect((await fob(["code", "ACME", "--pin-file", "-"], { input: "4711\n" })).stdout).toBe(
      `${RFC_CODES[1]}\n`,
    );
    expect((await fob(["code", "ACME", "--pin-fd", "0"], { input: "4711" })).stdout).toBe(
      `${RFC_CODES[2]}\n`,
    );
    expect((await fob(["code", "ACME"], { env: { FOB_PIN_FILE: file } })).stdout).toBe(
      `${RFC_CODES[3]}\n`,
    );
    expect(await fob(["code", "ACME", "--pin-file", join(home, "nix")])).toMatchObject({
      exitCode: 8,
    });
  });

  test("locks the token after ten wrong ones, for the right one too", {
    timeout: 120_000,
  }, async () => {
    const { fob } = await guarded();
    for (let left = 9; left >= 0; left--) {
      const { exitCode, stderr } = await fob(["code", "ACME"], { env: { FOB_PIN: "1704" } });
      expect({ exitCode, stderr }).toEqual({
        exitCode: 4,
        stderr: `fob: wrong PIN for ACME (${left} attempt${left === 1 ? "" : "s"} left)\n`,
      });
    }
    expect(await fob(["code", "ACME"], { env: PIN })).toMatchObject({ exitCode: 5, stdout: "" });
    expect(JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout)).toMatchObject({
      attemptsLeft: 0,
      locked: true,
    });
    expect(await fob(["pin", "remove", "ACME"], { env: PIN })).toMatchObject({ exitCode: 5 });
    expect((await fob(["enroll", "-", "--replace"], { input: HOTP_URI })).exitCode).toBe(0);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("counts attempts that were made at the same time", { timeout: 120_000 }, async () => {
    const { fob } = await guarded();
    const guesses = await Promise.all(
      Array.from({ length: 14 }, (_, i) =>
        fob(["code", "ACME"], { env: { FOB_PIN: `guess-${i}` } }),
      ),
    );
    const codes = guesses.map(({ exitCode }) => exitCode).sort();
    expect(codes).toEqual([
      ...Array.from({ length: 10 }, () => 4),
      ...Array.from({ length: 4 }, () => 5),
    ]);
  });

  test("forgets wrong ones after a right one", async () => {
    const { fob } = await guarded();
    await fob(["code", "ACME"], { env: { FOB_PIN: "1704" } });
    await fob(["code", "ACME"], { env: PIN });
    expect(JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout)).toEqual({
      name: "ACME",
      type: "user",
      policy: {
        ...{
          minLength: 4,
          maxLength: 128,
          alphabet: "any",
          refuseTrivial: true,
          attempts: 10,
          atLimit: "lock",
        },
        ...{ history: 0, expiryDays: null, changeFirst: false, biometric: true, required: false },
      },
      attemptsLeft: 10,
      ...{ locked: false, wiped: false, mustChange: false, biometric: false },
      ...{ setAt: expect.stringMatching(/^20\d\d-.*Z$/), expiresAt: null },
    });
  });

  test("is changed by the old one and the new one, and removed by the new one", async () => {
    const { fob } = await guarded();
    expect(await fob(["pin", "set", "ACME"], { env: PIN })).toMatchObject({ exitCode: 2 });
    expect(
      await fob(["pin", "change", "ACME", "--pin-file", "-"], { input: "1704\n8462\n" }),
    ).toMatchObject({
      exitCode: 4,
    });
    expect(
      await fob(["pin", "change", "ACME", "--pin-file", "-"], { input: "4711\n8462\n" }),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(await fob(["code", "ACME"], { env: PIN })).toMatchObject({ exitCode: 4 });
    expect(await fob(["pin", "remove", "ACME"], { env: { FOB_PIN: "8462" } })).toMatchObject({
      exitCode: 0,
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await fob(["pin", "change", "ACME"], { env: PIN })).toMatchObject({ exitCode: 2 });
  });

  test.each([
    ["471", "too-short"],
    ["1234", "run"],
    ["7777", "repeat"],
    ["1984", "date"],
  ])("is refused when it is %s, naming the rule %s", async (pin, rule) => {
    const { fob } = await enrolled();
    const { exitCode, stderr } = await fob(["pin", "set", "ACME"], { env: { FOB_PIN: pin } });
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`this PIN is refused (${rule})`);
    expect((await fob(["code", "ACME"])).exitCode).toBe(0);
  });
});

describe("the app PIN", () => {
  test("is needed for everything, and its state is no secret", async () => {
    const { fob } = await enrolled();
    expect(await fob(["pin", "set"], { env: PIN })).toMatchObject({ exitCode: 0 });
    for (const args of [["list"], ["code", "Example"], ["show", "ACME"], ["rename", "ACME", "x"]]) {
      expect(await fob(args)).toMatchObject({ exitCode: 5, stdout: "" });
      expect(await fob(args, { env: { FOB_PIN: "1704" } })).toMatchObject({
        exitCode: 4,
        stdout: "",
      });
    }
    expect(await fob(["list"], { env: PIN })).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await fob(["pin", "status", "--json"])).stdout)).toMatchObject({
      name: null,
      type: "user",
      attemptsLeft: 10,
    });
  });

  test("and a token's PIN come in this order from a file of two lines", async () => {
    const { fob } = await guarded();
    await fob(["pin", "set"], { env: { FOB_PIN: "app-secret" } });
    const both = { FOB_PIN: "app-secret\n4711" };
    expect((await fob(["code", "ACME"], { env: both })).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await fob(["code", "ACME"], { env: { FOB_PIN: "app-secret" } })).toMatchObject({
      exitCode: 4,
    });
  });

  test("locks the vault after ten wrong ones, and the recovery code opens it", {
    timeout: 120_000,
  }, async () => {
    const { fob, recoveryCode } = await withRecoveryCode();
    for (let i = 0; i < 10; i++) await fob(["list"], { env: { FOB_PIN: "1704" } });
    expect(await fob(["list"], { env: PIN })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("recovery code"),
    });
    expect(await fob(["list"], { env: { FOB_PIN: recoveryCode } })).toMatchObject({ exitCode: 0 });
    const changed = await fob(["pin", "change", "--json", "--pin-file", "-"], {
      input: `${recoveryCode}\n8462\n`,
    });
    expect(changed.exitCode).toBe(0);
    expect(await fob(["list"], { env: { FOB_PIN: "8462" } })).toMatchObject({ exitCode: 0 });
    expect(await fob(["list"], { env: { FOB_PIN: recoveryCode } })).toMatchObject({ exitCode: 4 });
  });

  test("can be removed, and the vault opens with its key file alone again", async () => {
    const { fob } = await locked();
    expect(await fob(["pin", "remove"], { env: PIN })).toMatchObject({
      exitCode: 0,
      stdout: "app PIN removed\n",
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await fob(["pin", "remove"])).toMatchObject({ exitCode: 2 });
  });
});

describe("a PIN source of one line", () => {
  const NO_LINE =
    /^fob: New (?:PIN|passphrase) .* is needed, and the PIN source has no line for it\nhint: /;

  test("never makes what opens the vault the new PIN", async () => {
    const { fob, recoveryCode } = await withRecoveryCode();
    for (const FOB_PIN of [recoveryCode, `${recoveryCode}\n`, "4711"])
      for (const args of [
        ["pin", "change"],
        ["pin", "set", "ACME"],
        ["keychain", "move", "none"],
        ["backup", "b.age"],
      ])
        expect({ args, ...(await fob(args, { env: { FOB_PIN } })) }).toMatchObject({
          ...{ args, exitCode: 5, stdout: "" },
          stderr: expect.stringMatching(NO_LINE),
        });
    for (const FOB_PIN of ["4711", recoveryCode])
      expect(await fob(["code", "ACME"], { env: { FOB_PIN } })).toMatchObject({ exitCode: 0 });
  });

  test("never makes a token's PIN its new one, and answers for two that are the same", async () => {
    const { fob } = await guarded();
    expect(await fob(["pin", "change", "ACME"], { env: PIN })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(NO_LINE),
    });
    await fob(["pin", "set"], { env: PIN });
    expect((await fob(["code", "ACME"], { env: PIN })).stdout).toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("a new PIN", () => {
  const refusedAs = (rule: string) => ({
    exitCode: 6,
    stdout: "",
    stderr: expect.stringContaining(` is refused (${rule})`),
  });

  test("that has the form of a recovery code is refused, for whatever it is", async () => {
    const { fob, recoveryCode } = await withRecoveryCode();
    const alike = [
      recoveryCode,
      recoveryCode.replaceAll("-", "").toUpperCase(),
      recoveryCode.replace(/^./, "0"),
    ];
    for (const code of alike)
      for (const args of [
        ["pin", "change"],
        ["pin", "set", "ACME"],
        ["keychain", "move", "none"],
        ["backup", "b.age"],
      ])
        expect(await fob(args, { env: { FOB_PIN: `4711\n${code}` } })).toMatchObject(
          refusedAs("recovery-code"),
        );
    const other = testHome();
    const env = { FOB_KEYCHAIN: "none", FOB_PIN: recoveryCode };
    expect(await other.fob(["enroll", "-"], { input: HOTP_URI, env })).toMatchObject(
      refusedAs("recovery-code"),
    );
  });

  test("that is the current one is refused, of the app and of a token, however it is composed", async () => {
    const { fob } = await enrolled();
    const composed = "k\u00e4se-14";
    const decomposed = "ka\u0308se-14";
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: composed } });
    const twice = { env: { FOB_PIN: `${composed}\n${decomposed}` } };
    expect(await fob(["pin", "change", "ACME"], twice)).toMatchObject(refusedAs("same"));
    await fob(["pin", "set"], { env: { FOB_PIN: composed } });
    expect(await fob(["pin", "change"], twice)).toMatchObject(refusedAs("same"));
    expect(await fob(["pin", "change"], { env: { FOB_PIN: `${composed}\n8462` } })).toMatchObject({
      exitCode: 0,
    });
  });
});

describe("a vault without a keychain", () => {
  const none = { FOB_KEYCHAIN: "none", FOB_PIN: "correct horse battery" };

  test("asks for a passphrase, once to make it and every time to open it", async () => {
    const { fob } = testHome();
    expect(
      await fob(["enroll", "-"], { input: HOTP_URI, env: { ...none, FOB_PIN: "4711" } }),
    ).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("too-short"),
    });
    expect(await fob(["enroll", "-"], { input: HOTP_URI, env: none })).toMatchObject({
      exitCode: 0,
    });
    expect((await fob(["code", "ACME"], { env: none })).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await fob(["code", "ACME"], { env: { FOB_KEYCHAIN: "none" } })).toMatchObject({
      exitCode: 5,
    });
    expect(
      await fob(["code", "ACME"], { env: { ...none, FOB_PIN: "wrong horse battery" } }),
    ).toMatchObject({
      exitCode: 4,
    });
    expect(await fob(["pin", "remove"], { env: none })).toMatchObject({ exitCode: 2 });
    expect(await fob(["code", "ACME"], { env: { ...none, FOB_KEYCHAIN: "file" } })).toMatchObject({
      exitCode: 2,
    });
  });
});
