import { cpSync, rmSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { EMULATOR, type Emulator, startForAll } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { RFC_CODES, type TestHome, testHome } from "./fob.ts";

/** The secret of RFC 4226 Appendix D. */
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const EVENTS = `otpauth://hotp/ACME:ann?secret=${SECRET}&issuer=ACME&counter=0`;

let emulator: Emulator;

async function homeWithCounter(enrollment = EVENTS): Promise<TestHome> {
  const { home, fob: plain } = testHome();
  const fob: TestHome["fob"] = (args, { env, ...rest } = {}) =>
    plain(args, { ...rest, env: { ...emulator.env, ...env } });
  await fob(["enroll", "--hold", "tpm", "--counter", "tpm", "-"], { input: enrollment });
  return { home, fob };
}

/** Puts the folder back as it is now when the returned function is called. */
function keep(home: string): () => void {
  const { home: copy } = testHome();
  cpSync(home, copy, { recursive: true });
  return () => {
    rmSync(home, { recursive: true });
    cpSync(copy, home, { recursive: true });
  };
}

async function countersOf({ fob }: TestHome): Promise<{ status: string; message: string } | null> {
  const checks: { check: string; status: string; message: string }[] = JSON.parse(
    (await fob(["doctor", "--json"])).stdout,
  );
  return checks.find(({ check }) => check === "counters") ?? null;
}

describeWith(EMULATOR, "a token that the TPM counts for", () => {
  beforeAll(async () => {
    const started = await startForAll();
    emulator = started.emulator;
    return started.end;
  });

  test("repeats no passcode where its folder is put back, however often", async () => {
    const { home, fob } = await homeWithCounter();
    const putBack = keep(home);
    const given: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      for (let i = 0; i < 2; i++) given.push((await fob(["code", "ACME"])).stdout.trim());
      putBack();
    }
    expect(given).toEqual(RFC_CODES.slice(0, 6));
  });

  test("gives each passcode to one of many processes", async () => {
    const { fob } = await homeWithCounter();
    const codes = await Promise.all([1, 2, 3, 4].map(() => fob(["code", "ACME"])));
    expect(codes.map(({ stdout }) => stdout.trim()).sort()).toEqual(RFC_CODES.slice(0, 4).sort());
  });

  test("counts on after a resynchronization, which older folders do not survive", async () => {
    const { home, fob } = await homeWithCounter();
    const putBack = keep(home);
    const [, , , , fourth = "", fifth = ""] = RFC_CODES;
    const { stdout } = await fob(["resync", "ACME", fourth, fifth, "--json"]);
    expect(JSON.parse(stdout)).toEqual({ name: "ACME", counter: 6 });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[6]}\n`);
    putBack();
    expect(await fob(["code", "ACME"])).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: expect.stringMatching(/no such counter any more\nhint: /),
    });
    expect(await countersOf({ home, fob })).toMatchObject({ status: "warning" });
  });

  test("was held before, or was the vault's, and goes on at its counter", async () => {
    const { fob } = testHome();
    const { env } = emulator;
    await fob(["enroll", "-"], { input: EVENTS, env });
    await fob(["code", "ACME"], { env });
    expect((await fob(["hold", "ACME", "tpm", "--yes"], { env })).exitCode).toBe(0);
    await fob(["code", "ACME"], { env });
    expect((await fob(["hold", "ACME", "tpm", "--counter", "tpm"], { env })).exitCode).toBe(0);
    expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[2]}\n`);
    const again = await fob(["hold", "ACME", "tpm", "--counter", "tpm"], { env });
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("already") });
  });

  test("keeps its counter through changes of its PIN", async () => {
    const { home, fob } = await homeWithCounter();
    const putBack = keep(home);
    const [first, second] = [{ FOB_PIN: "83517" }, { FOB_PIN: "94628" }];
    await fob(["code", "ACME"]);
    await fob(["pin", "set", "ACME"], { env: first });
    await fob(["pin", "change", "ACME", "--pin-file", "-"], { input: "83517\n94628\n" });
    expect((await fob(["code", "ACME"], { env: second })).stdout).toBe(`${RFC_CODES[1]}\n`);
    putBack();
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[2]}\n`);
  });

  test("answers challenges with a counter of the TPM", async () => {
    const suite = "OCRA-1:HOTP-SHA1-6:C-QN08";
    const enrollment = `otpauth://ocra/ACME?secret=${SECRET}&suite=${suite}&counter=0`;
    const { home, fob } = await homeWithCounter(enrollment);
    const putBack = keep(home);
    const ask = async () =>
      JSON.parse((await fob(["challenge", "ACME", "12345678", "--json"])).stdout).counter;
    expect(await ask()).toBe(0);
    putBack();
    expect(await ask()).toBe(1);
  });

  test("leaves no counter in the chip when it is deleted; doctor names and removes others", async () => {
    const { home, fob } = await homeWithCounter();
    expect(await countersOf({ home, fob })).toMatchObject({ status: "ok" });
    await fob(["remove", "--yes", "ACME"]);
    expect(await countersOf({ home, fob })).toMatchObject({ status: "ok" });
    const putBack = keep(home);
    await fob(["restore", "ACME"]);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    putBack();
    rmSync(`${home}/vault/removed`, { recursive: true });
    expect(await countersOf({ home, fob })).toMatchObject({
      status: "warning",
      message: expect.stringMatching(/none of its tokens names: 0x01[89ab]/),
    });
    expect((await fob(["doctor", "--repair", "--json"])).stdout).toContain("removed from the TPM");
    expect(await countersOf({ home, fob })).toBeNull();
  });

  test("is event-based, and held", async () => {
    const { fob } = testHome();
    const { env } = emulator;
    const totp = EVENTS.replace("hotp", "totp");
    const args = [
      { args: ["--hold", "tpm", "--counter", "tpm", "-"], input: totp },
      { args: ["--counter", "tpm", "-"], input: EVENTS },
      { args: ["--hold", "tpm", "--counter", "disk", "-"], input: EVENTS },
    ];
    for (const { args: options, input } of args)
      expect((await fob(["enroll", ...options], { input, env })).exitCode).toBe(2);
    expect((await fob(["list"], { env })).stdout.trim()).toBe("");
  });
});
