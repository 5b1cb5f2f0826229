import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { fingerprintReader } from "#platform/biometric/fingerprint-reader.ts";
import { HOTP_URI, RFC_CODES, type TestHome, testHome } from "../e2e/fob.ts";
import { violations } from "../e2e/schemas.ts";
import { openTerminal, type Terminal } from "../e2e/terminal.ts";
import { EMULATOR, startEmulator } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { type FingerprintBench, startFingerprintBench } from "./fingerprint-bench.ts";

const TOOLS = {
  ...EMULATOR,
  "dbus-daemon": "dbus",
  gdbus: "libglib2.0-bin",
  "fprintd-enroll": "fprintd",
  "python3:dbusmock": "python3-dbusmock",
  tmux: "tmux",
};

const RIGHT = "finger-a";
const WRONG = "finger-b";
const FOB_PIN = "83517";

describeWith(TOOLS, "a fingerprint reader (fprintd)", () => {
  let bench: FingerprintBench;
  let home: TestHome;
  let terminal: Terminal | null = null;

  const fob = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    home.fob(args, { env: { ...bench.env, ...more } });

  /** Runs a command while somebody touches the reader. */
  const touching = async (fingers: readonly string[], args: readonly string[], more = {}) => {
    const run = fob(args, more);
    for (const finger of fingers) await bench.touch(finger);
    return run;
  };

  const open = () => {
    terminal = openTerminal(home.home, bench.env);
    return terminal;
  };

  /** Sets a PIN, for which no sensor is needed, and which costs little in this process. */
  const setPin = (...args: string[]) => home.fob(["pin", "set", ...args], { env: { FOB_PIN } });

  const enableFor = async (...name: string[]) => {
    await setPin(...name);
    return touching([RIGHT], ["biometric", "enable", ...name], { FOB_PIN });
  };

  beforeEach(async () => {
    home = testHome();
    await home.fob(["enroll", "-"], { input: HOTP_URI });
  });

  afterEach(async () => {
    terminal?.close();
    terminal = null;
    await fob(["lock"]);
  });

  beforeAll(async () => {
    bench = await startFingerprintBench();
  });

  afterAll(() => bench.close());

  test("that knows no finger says how it learns one", async () => {
    expect(await fob(["biometric", "test"])).toMatchObject({
      exitCode: 8,
      stderr: expect.stringMatching(
        /^fob: the fingerprint reader knows no finger of yours\nhint: .*fprintd-enroll/,
      ),
    });
    await bench.learn(RIGHT);
    expect((await fob(["biometric", "status"])).stdout).toMatch(
      /^sensor +fingerprint reader, knows 1 finger$/m,
    );
  });

  test("recognises a finger, after some that were not read, and knows a wrong one", async () => {
    expect(await touching([RIGHT], ["biometric", "test"])).toMatchObject({
      exitCode: 0,
      stdout: "recognised\n",
    });
    const run = fob(["biometric", "test"]);
    await bench.tell("RETRY 1");
    await bench.touch(WRONG);
    await bench.touch(RIGHT);
    expect(await run).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /once more, and slower\n[^\n]*does not know this finger: try once more\n$/,
      ),
    });
    expect(await touching([WRONG, WRONG, WRONG], ["biometric", "test"])).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
  });

  test("tells scripts what the schemas say", async () => {
    await setPin("ACME");
    const tested = await touching([RIGHT], ["biometric", "test", "--json"]);
    expect(violations("biometric-test", JSON.parse(tested.stdout))).toEqual([]);
    const enabled = await touching([RIGHT], ["biometric", "enable", "ACME", "--json"], { FOB_PIN });
    expect(violations("biometric-enable", JSON.parse(enabled.stdout))).toEqual([]);
  });

  test("that nobody touches is given up, and free for others", async () => {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", bench.env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "");
    const watch = { signal: new AbortController().signal, tell: () => undefined };
    await expect(fingerprintReader(700).verify("test", watch)).rejects.toMatchObject({
      code: "denied",
      message: "nobody touched the fingerprint reader within 0.7 s",
    });
    vi.unstubAllEnvs();
    expect(await touching([RIGHT], ["biometric", "test"])).toMatchObject({ exitCode: 0 });
  });

  test("stands for a token's PIN at a terminal, and Enter asks for the PIN", async () => {
    expect(await enableFor("ACME")).toMatchObject({ exitCode: 0 });
    const { type, see, interrupt } = open();
    type("fob code acme", "Enter");
    await see("Finger or face for ACME");
    await bench.touch(RIGHT);
    await see(RFC_CODES[0] ?? "");
    type("clear; fob code acme", "Enter");
    await see("Finger or face for ACME");
    type("Enter");
    await see("PIN for ACME");
    type(FOB_PIN, "Enter");
    await see(RFC_CODES[1] ?? "");
    type("clear; fob code acme", "Enter");
    await see("Finger or face for ACME");
    for (let wrong = 0; wrong < 2; wrong++) {
      await bench.touch(WRONG);
      await see("try once more");
    }
    await bench.touch(WRONG);
    await see("does not know this finger: the PIN is needed");
    type(FOB_PIN, "Enter");
    await see(RFC_CODES[2] ?? "");
    type("clear; fob code acme", "Enter");
    await see("Finger or face for ACME");
    await interrupt();
    type("echo code=$?", "Enter");
    await see("code=130");
  });

  test("asks nothing of a script, which needs the PIN", async () => {
    await enableFor("ACME");
    expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5, stdout: "" });
    expect((await fob(["code", "ACME"], { FOB_PIN })).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("stands for the app PIN, also when the vault is unlocked for an agent", async () => {
    expect(await fob(["biometric", "enable"])).toMatchObject({ exitCode: 2 });
    expect(await enableFor()).toMatchObject({ exitCode: 0 });
    expect(JSON.parse((await fob(["pin", "status", "--json"])).stdout)).toMatchObject({
      biometric: true,
    });
    const { type, see } = open();
    type("fob unlock", "Enter");
    await see("Finger or face for fob");
    await bench.touch(RIGHT);
    await see("unlocked until");
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("stands for the app PIN of a vault whose key the TPM keeps, until the PIN changes", async () => {
    home = testHome();
    const env = { ...(await startEmulator()).env, FOB_KEYCHAIN: "tpm" };
    await home.fob(["enroll", "-"], { input: HOTP_URI, env });
    await home.fob(["pin", "set"], { env: { ...env, FOB_PIN } });
    const enabled = await touching([RIGHT], ["biometric", "enable"], { ...env, FOB_PIN });
    expect(enabled).toMatchObject({ exitCode: 0 });
    terminal = openTerminal(home.home, { ...bench.env, ...env });
    const { type, see } = terminal;
    type("fob code acme", "Enter");
    await see("Finger or face for fob");
    await bench.touch(RIGHT);
    await see(RFC_CODES[0] ?? "");
    await home.fob(["pin", "change"], { env: { ...env, FOB_PIN: `${FOB_PIN}\n27954` } });
    const status = await fob(["biometric", "status", "--json"], { ...env, FOB_PIN: "27954" });
    expect(JSON.parse(status.stdout)).toMatchObject({ app: false });
  });

  test("stands for a token's PIN through the agent as well", async () => {
    await enableFor("ACME");
    await fob(["unlock"]);
    const { type, see } = open();
    type("fob code acme", "Enter");
    await see("Finger or face for ACME");
    await bench.touch(RIGHT);
    await see(RFC_CODES[0] ?? "");
  });

  test("is forgotten when the PIN changes, and when it is turned off", async () => {
    await enableFor("ACME");
    const [token] = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(existsSync(join(home.home, `biometric-${token.id}.key`))).toBe(true);
    await home.fob(["pin", "change", "ACME"], { env: { FOB_PIN: `${FOB_PIN}\n27954` } });
    expect(JSON.parse((await fob(["biometric", "status", "--json"])).stdout)).toMatchObject({
      tokens: [],
    });
    await touching([RIGHT], ["biometric", "enable", "ACME"], { FOB_PIN: "27954" });
    expect(JSON.parse((await fob(["biometric", "status", "--json"])).stdout)).toMatchObject({
      tokens: ["ACME"],
    });
    expect((await fob(["biometric", "disable", "ACME"])).stdout).toBe(
      "the PIN of ACME alone counts again\n",
    );
    expect(JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout)).toMatchObject({
      biometric: false,
    });
    expect(existsSync(join(home.home, `biometric-${token.id}.key`))).toBe(false);
  });

  test("is not turned on without the right PIN and the right finger, or against the policy", async () => {
    await setPin("ACME");
    expect(await fob(["biometric", "enable", "ACME"], { FOB_PIN: "11112" })).toMatchObject({
      exitCode: 4,
    });
    const wrong = await touching([WRONG, WRONG, WRONG], ["biometric", "enable", "ACME"], {
      FOB_PIN,
    });
    expect(wrong).toMatchObject({ exitCode: 4, stdout: "" });
    await home.fob(["pin", "remove", "ACME"], { env: { FOB_PIN } });
    expect(await fob(["biometric", "enable", "ACME"])).toMatchObject({ exitCode: 2 });
    await setPin("ACME", "--policy", "biometric=no");
    expect(await fob(["biometric", "enable", "ACME"], { FOB_PIN })).toMatchObject({
      exitCode: 4,
      stderr: "fob: the policy of ACME wants its PIN: no biometrics\n",
    });
    expect(JSON.parse((await fob(["biometric", "status", "--json"])).stdout)).toMatchObject({
      app: false,
      tokens: [],
    });
  });

  test("is not asked when the token is locked", async () => {
    await setPin("ACME", "--policy", "attempts=1");
    await touching([RIGHT], ["biometric", "enable", "ACME"], { FOB_PIN });
    await fob(["code", "ACME"], { FOB_PIN: "11112" });
    const { type, see } = open();
    type("fob code acme", "Enter");
    await see("PIN for ACME");
    type(FOB_PIN, "Enter");
    const shown = await see("this token is locked after 1 wrong PIN");
    expect(shown).not.toContain("Finger");
  });

  test("stands for no PIN any more once the vault's key has another keeper, and its keys are gone", async () => {
    await enableFor("ACME");
    const enabled = readdirSync(home.home).filter((name) => name.startsWith("biometric"));
    expect(enabled).toHaveLength(1);
    const other = { FOB_KEYCHAIN: "", FOB_PIN: "six heavy wooden chairs" };
    const moved = await fob(["keychain", "move", "none", "--json"], other);
    expect(JSON.parse(moved.stdout)).toMatchObject({ closedBiometrics: true, oldKey: "removed" });
    expect(readdirSync(home.home).filter((name) => name.endsWith("key"))).toEqual([]);
    const status = await fob(["biometric", "status", "--json"], other);
    expect(JSON.parse(status.stdout)).toMatchObject({ app: false, tokens: [] });
  });

  test("that is unplugged, or not there at all, leaves the PIN", async () => {
    await enableFor("ACME");
    const { type, see } = open();
    type("fob code acme", "Enter");
    await see("Finger or face for ACME");
    await bench.tell("UNPLUG");
    await see("the fingerprint reader has gone: the PIN is needed");
    type(FOB_PIN, "Enter");
    await see(RFC_CODES[0] ?? "");
    const nowhere = { DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nowhere" };
    expect(await home.fob(["biometric", "test"], { env: nowhere })).toMatchObject({
      exitCode: 8,
      stderr: expect.stringContaining("fprintd, which reads fingerprints, cannot be reached"),
    });
  });
});
