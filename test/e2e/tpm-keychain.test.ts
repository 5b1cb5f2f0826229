import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readHeader } from "#vault/keys/header.ts";
import {
  EMULATOR,
  type Emulator,
  listenBetween,
  startEmulator,
  startForAll,
} from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { HOTP_URI, homesLike, RFC_CODES, type TestHome, testHome } from "./fob.ts";

const PIN = { FOB_PIN: "83517" };

let emulator: Emulator;
let env: Readonly<Record<string, string>>;

/** The recovery code in what a command has said. */
function codeIn(text: string): string {
  const [code = ""] = /(?:[0-9a-f]{4}-){8}[0-9a-f]{4}/.exec(text) ?? [];
  return code;
}

describeWith(EMULATOR, "a vault whose key the TPM keeps", () => {
  let code = "";
  let codeWithPin = "";

  beforeAll(async () => {
    const started = await startForAll();
    emulator = started.emulator;
    env = { ...emulator.env, FOB_KEYCHAIN: "tpm" };
    return started.end;
  });

  const make = async ({ fob }: TestHome) => {
    code = codeIn((await fob(["enroll", "-"], { input: HOTP_URI, env })).stderr);
  };
  const plain = homesLike(make);
  const guarded = homesLike(async (home) => {
    await make(home);
    codeWithPin = codeIn((await home.fob(["pin", "set"], { env: { ...env, ...PIN } })).stdout);
  });

  test("opens with this chip alone, and with its recovery code", async () => {
    const { home, fob } = await plain();
    expect(existsSync(join(home, "key.tpm"))).toBe(true);
    expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
    const other = await startEmulator();
    const elsewhere = { ...env, ...other.env };
    const refused = await fob(["code", "ACME"], { env: elsewhere });
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/another machine/),
    });
    expect(refused.stderr).toContain("recovery code");
    const opened = await fob(["code", "ACME"], { env: { ...elsewhere, FOB_PIN: code } });
    expect(opened.stdout).toBe(`${RFC_CODES[1]}\n`);
    const input = `${code}\n94628\n`;
    await fob(["pin", "set", "--pin-fd", "0"], { env: elsewhere, input });
    expect((await fob(["code", "ACME"], { env: { ...elsewhere, FOB_PIN: "94628" } })).stdout).toBe(
      `${RFC_CODES[2]}\n`,
    );
  });

  test("has an app PIN that the chip checks, which the bus does not show", async () => {
    const { home, fob } = await guarded();
    const bus = await listenBetween(emulator);
    expect(readdirSync(home).filter((name) => name.endsWith(".tpm"))).toHaveLength(1);
    const given = await fob(["code", "ACME"], { env: { ...env, ...bus.env, ...PIN } });
    expect(given.stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(bus.recorded().includes("83517")).toBe(false);
    const wrong = await fob(["code", "ACME"], { env: { ...env, FOB_PIN: "83511" } });
    expect(wrong).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("9 attempts left"),
    });
  });

  test("locks for guesses at a copy of the folder that is put back, and not for the code", async () => {
    const own = await startEmulator();
    await own.tool("tpm2_dictionarylockout", "-s", "-n", "2", "-t", "600", "-l", "600");
    const within = { ...env, ...own.env };
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI, env: within });
    const set = await fob(["pin", "set"], { env: { ...within, ...PIN } });
    const exitCodes: (number | undefined)[] = [];
    for (const FOB_PIN of ["11223", "22334", "83517"]) {
      const copy = testHome();
      cpSync(home, copy.home, { recursive: true });
      exitCodes.push((await copy.fob(["list"], { env: { ...within, FOB_PIN } })).exitCode);
    }
    expect(exitCodes).toEqual([4, 4, 5]);
    const opened = await fob(["code", "ACME"], { env: { ...within, FOB_PIN: codeIn(set.stdout) } });
    expect(opened.stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("moves to the chip and away from it", async () => {
    const { home, fob } = await guarded();
    // a fob that knows no chip says that it is too old
    const version = () => readHeader(home)?.version;
    expect(version()).toBe(2);
    const moved = await fob(["keychain", "move", "file"], { env: { ...env, ...PIN } });
    expect(moved.exitCode).toBe(0);
    const away = { ...env, FOB_KEYCHAIN: "file", FOB_TPM: "swtpm:/nowhere", ...PIN };
    expect((await fob(["code", "ACME"], { env: away })).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(version()).toBe(1);
    const back = { ...env, FOB_KEYCHAIN: "", ...PIN };
    expect((await fob(["keychain", "move", "tpm"], { env: back })).exitCode).toBe(0);
    expect((await fob(["code", "ACME"], { env: back })).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(readdirSync(home).filter((name) => name.includes("key"))).toHaveLength(1);
    expect(version()).toBe(2);
    expect(codeWithPin).not.toBe("");
  });

  test("has another app PIN and another recovery code after a change", async () => {
    const { home, fob } = await guarded();
    const changed = await fob(["pin", "change"], { env: { ...env, FOB_PIN: "83517\n94628" } });
    const newCode = codeIn(changed.stdout);
    expect(readdirSync(home).filter((name) => name.endsWith(".tpm"))).toHaveLength(1);
    const exitCodeFor = async (FOB_PIN: string) =>
      (await fob(["list"], { env: { ...env, FOB_PIN } })).exitCode;
    expect(await exitCodeFor("94628")).toBe(0);
    expect(await exitCodeFor("83517")).toBe(4);
    expect(await exitCodeFor(codeWithPin)).toBe(4);
    expect(await exitCodeFor(newCode)).toBe(0);
  });

  test("opens with its recovery code after the chip was cleared, which then keeps a new key", async () => {
    const own = await startEmulator();
    const within = (FOB_PIN: string) => ({ ...env, ...own.env, FOB_PIN });
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI, env: { ...env, ...own.env } });
    const set = codeIn((await fob(["pin", "set"], { env: within("83517") })).stdout);
    own.stop();
    for (const name of readdirSync(own.state)) rmSync(join(own.state, name));
    await own.start();
    expect(await fob(["code", "ACME"], { env: within("83517") })).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: expect.stringMatching(/was cleared since\nhint: .*recovery code/),
    });
    expect((await fob(["code", "ACME"], { env: within(set) })).stdout).toBe(`${RFC_CODES[0]}\n`);
    const changed = await fob(["pin", "change"], { env: within(`${set}\n94628`) });
    expect(changed.exitCode).toBe(0);
    expect((await fob(["code", "ACME"], { env: within("94628") })).stdout).toBe(
      `${RFC_CODES[1]}\n`,
    );
    expect((await fob(["list"], { env: within(set) })).exitCode).toBe(4);
    expect(readdirSync(home).filter((name) => name.endsWith(".tpm"))).toHaveLength(1);
  });

  test("comes back from its backup in a home without chip", async () => {
    const { home, fob } = await guarded();
    await fob(["code", "ACME"], { env: { ...env, ...PIN } });
    const file = join(home, "tokens.age");
    const passphrase = "six heavy wooden chairs";
    const asked = { ...env, FOB_PIN: `83517\n${passphrase}` };
    expect((await fob(["backup", file], { env: asked })).exitCode).toBe(0);
    const elsewhere = { FOB_TPM: "swtpm:/nowhere" };
    const to = testHome();
    expect(
      await to.fob(["restore", file], { env: { ...elsewhere, FOB_PIN: passphrase } }),
    ).toMatchObject({ exitCode: 0, stdout: "restored ACME\n" });
    expect((await to.fob(["code", "ACME"], { env: elsewhere })).stdout).toBe(`${RFC_CODES[1]}\n`);
  });

  test("is served by an agent, and says in doctor what is wrong with its chip", async () => {
    const { fob } = await guarded();
    expect((await fob(["unlock"], { env: { ...env, ...PIN } })).exitCode).toBe(0);
    try {
      expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
      const checks = JSON.parse((await fob(["doctor", "--json"], { env })).stdout);
      expect(checks).toContainEqual(expect.objectContaining({ check: "keychain", status: "ok" }));
      const none = { ...env, FOB_TPM: "swtpm:/nowhere" };
      // the agent has the key
      expect((await fob(["code", "ACME"], { env: none })).stdout).toBe(`${RFC_CODES[1]}\n`);
      const failed = await fob(["doctor", "--json"], { env: none });
      expect(failed.exitCode).toBe(8);
    } finally {
      await fob(["lock"], { env });
    }
  });
});
