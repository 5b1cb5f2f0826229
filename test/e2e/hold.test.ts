import { randomBytes } from "node:crypto";
import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { decodeBase32, encodeBase32 } from "#token/base32.ts";
import { connectTo } from "../agent/agent.ts";
import {
  EMULATOR,
  type Emulator,
  listenBetween,
  startEmulator,
  startForAll,
} from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { type Surroundings, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { violations } from "./schemas.ts";

/** "12345678901234567890", the secret of RFC 4226 Appendix D, in Base32. */
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922"];
const EVENTS = `otpauth://hotp/ACME:ann?secret=${SECRET}&issuer=ACME&counter=0`;

let emulator: Emulator;

/** A home whose commands use the TPM of this file, or the one that `env` names. */
function homeWithTpm(env: Readonly<Record<string, string>> = emulator.env): TestHome {
  const { home, fob } = testHome();
  const within = ({ env: more = {}, ...rest }: Surroundings = {}) => ({
    ...rest,
    env: { ...env, ...more },
  });
  return { home, fob: (args, surroundings) => fob(args, within(surroundings)) };
}

/** All bytes of all files of a folder. */
function bytesBelow(folder: string): Buffer {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  return Buffer.concat(files.map((path) => readFileSync(path)));
}

/** A secret in every form in which it could lie somewhere. */
function formsOf(secret: Buffer): readonly (string | Buffer)[] {
  const [base32, hex] = [encodeBase32(secret), secret.toString("hex")];
  return [secret, base32, base32.toLowerCase(), hex, hex.toUpperCase(), secret.toString("base64")];
}

/** All that a process can write to, which stands still meanwhile. */
async function memoryOf(pid: number): Promise<readonly Buffer[]> {
  process.kill(pid, "SIGSTOP");
  await until("it stands still", () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, "latin1")));
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, "latin1");
    return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)].map(([, ...ends]) => {
      const [start = 0, end = 0] = ends.map((address) => Number.parseInt(address, 16));
      const part = Buffer.alloc(end - start);
      return part.subarray(0, readSync(memory, part, 0, part.length, start));
    });
  } finally {
    closeSync(memory);
    process.kill(pid, "SIGCONT");
  }
}

describeWith(EMULATOR, "a token that the TPM holds", () => {
  beforeAll(async () => {
    const started = await startForAll();
    emulator = started.emulator;
    return started.end;
  });

  test("gives the passcodes of RFC 4226, and each of them once", async () => {
    const { fob } = homeWithTpm();
    expect((await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS })).exitCode).toBe(0);
    const [shown] = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(shown).toMatchObject({ name: "ACME", heldBy: "tpm" });
    const given = await Promise.all(RFC_4226.map(() => fob(["code", "ACME"])));
    expect(given.map(({ stdout }) => stdout.trim()).sort()).toEqual([...RFC_4226].sort());
    expect((await fob(["verify", "ACME", "162583"])).exitCode).toBe(0);
    expect(JSON.parse((await fob(["resync", "ACME", "399871", "--json"])).stdout)).toEqual({
      name: "ACME",
      counter: 9,
    });
  });

  test("gives what the same token gives that the vault has", async () => {
    const [held, own] = [homeWithTpm(), testHome()];
    const uris = ["SHA1", "SHA256", "SHA512"].map(
      (algorithm) =>
        `otpauth://totp/${algorithm}?secret=${SECRET.repeat(7)}&algorithm=${algorithm}&digits=8`,
    );
    const suite = "OCRA-1:HOTP-SHA512-8:C-QA64-S512-T1M";
    uris.push(`otpauth://ocra/asked?secret=${SECRET}&suite=${suite}&counter=5`);
    const input = uris.join("\n");
    await held.fob(["enroll", "--hold", "tpm", "--yes", "-"], { input });
    await own.fob(["enroll", "--yes", "-"], { input });
    const commands = [
      ["code", "--at", "@1111111109", "SHA1", "SHA256", "SHA512"],
      ["challenge", "asked", "a".repeat(64), "--session", "x".repeat(512), "--at", "@1111111109"],
      ["challenge", "asked", "b", "--session", "y", "--at", "@1111111109"],
    ];
    for (const command of commands) expect(await held.fob(command)).toEqual(await own.fob(command));
  });

  test("keeps its note and recovery codes, which open through the chip", async () => {
    const { fob } = homeWithTpm();
    await fob(["enroll", "-"], { input: `${EVENTS}&algorithm=SHA256` });
    await fob(["note", "ACME", "in the safe"]);
    await fob(["codes", "add", "ACME", "-"], { input: "a1b2c-d3e4f\nb1b2c-d3e4f" });
    expect((await fob(["hold", "ACME", "tpm", "--yes"])).exitCode).toBe(0);
    expect((await fob(["codes", "ACME"])).stdout).toBe("a1b2c-d3e4f\n");
    const pin = { env: { FOB_PIN: "83517" } };
    await fob(["pin", "set", "ACME"], pin);
    expect((await fob(["codes", "ACME"])).exitCode).toBe(5);
    expect((await fob(["show", "ACME", "--note"], pin)).stdout).toContain("\nin the safe\n");
    expect((await fob(["codes", "ACME"], pin)).stdout).toBe("b1b2c-d3e4f\n");
    expect((await fob(["note", "ACME", "elsewhere"], pin)).exitCode).toBe(0);
  });

  test("leaves its secret nowhere: not in the home, not on the bus", async () => {
    const bus = await listenBetween(emulator);
    const { home, fob } = homeWithTpm(bus.env);
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "83517" } });
    await fob(["code", "ACME"], { env: { FOB_PIN: "83517" } });
    const told = Buffer.concat([bytesBelow(home), bus.recorded()]);
    for (const planted of [SECRET, "12345678901234567890", "83517"])
      expect(told.includes(planted)).toBe(false);
    expect(bus.recorded().length).toBeGreaterThan(1_000);
  });

  test("is made for a server, which alone is shown the secret, and nothing of it stays", async () => {
    const bus = await listenBetween(emulator);
    const { home, fob } = homeWithTpm(bus.env);
    const made = await fob(["provision", "hotp", "--hold", "tpm", "--account", "ann"]);
    expect(made).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("not shown again") });
    const [, text = ""] = /secret=([A-Z2-7]{32})/.exec(made.stdout) ?? [];
    const server = testHome();
    await server.fob(["enroll", "-"], { input: made.stdout });
    const three = async ({ fob }: Pick<TestHome, "fob">) => {
      const given: string[] = [];
      for (let turn = 0; turn < 3; turn++) given.push((await fob(["code", "ann"])).stdout);
      return given;
    };
    const given = await three({ fob });
    expect(given).toEqual(await three(server));
    expect(given.join("")).toMatch(/^(?:\d{6}\n){3}$/);
    const told = Buffer.concat([bytesBelow(home), bus.recorded()]);
    for (const form of formsOf(decodeBase32(text) as Buffer))
      expect(told.includes(form)).toBe(false);
  });

  test("is nowhere in the memory of an agent that has given its passcode", async () => {
    const bus = await listenBetween(emulator);
    const { home, fob } = homeWithTpm(bus.env);
    const secret = randomBytes(20);
    const input = EVENTS.replace(SECRET, encodeBase32(secret));
    await fob(["enroll", "--hold", "tpm", "-"], { input });
    const [{ id }] = JSON.parse((await fob(["list", "--json"])).stdout);
    const { pid, socket } = JSON.parse((await fob(["unlock", "--json"])).stdout);
    onTestFinished(async () => void (await fob(["lock"])));
    const agent = await connectTo(socket);
    onTestFinished(() => void agent.socket.destroy());
    expect(await agent.ask("code ACME")).toMatch(/^ok \d{6}$/);
    const memory = await memoryOf(pid);
    const isTold = (what: string | Buffer) =>
      [bytesBelow(home), bus.recorded(), ...memory].some((bytes) => bytes.includes(what));
    for (const form of formsOf(secret)) expect(isTold(form)).toBe(false);
    // the search finds what the agent does know
    expect(memory.some((part) => part.includes(id))).toBe(true);
  });

  test("has a PIN that the chip checks, and counts where the folder is put back", async () => {
    const own = await startEmulator();
    await own.tool("tpm2_dictionarylockout", "-s", "-n", "3", "-t", "600", "-l", "600");
    const { home, fob } = homeWithTpm(own.env);
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "83517" } });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "83517" } })).stdout).toBe("755224\n");
    const copy = testHome();
    const guesses: (number | undefined)[] = [];
    for (const FOB_PIN of ["11111", "22222", "33333", "83517"]) {
      cpSync(home, copy.home, { recursive: true });
      const { exitCode, stderr } = await copy.fob(["code", "ACME"], {
        env: { ...own.env, FOB_PIN },
      });
      guesses.push(exitCode);
      if (exitCode === 5) expect(stderr).toContain("10 minutes");
    }
    expect(guesses).toEqual([4, 4, 4, 5]);
  });

  test("waits for a chip that was locked, and uses up no attempt while it is", async () => {
    const own = await startEmulator();
    const allow = (seconds: string) =>
      own.tool("tpm2_dictionarylockout", "-s", "-n", "2", "-t", seconds, "-l", "600");
    await allow("600");
    const { fob } = homeWithTpm(own.env);
    const code = (FOB_PIN: string) => fob(["code", "ACME"], { env: { FOB_PIN } });
    await fob(["enroll", "--hold", "tpm", "--pin", "-"], {
      input: EVENTS,
      env: { FOB_PIN: "83517" },
    });
    for (const left of [9, 8])
      expect(await code("11223")).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining(`${left} attempts left`),
      });
    expect(await code("83517")).toMatchObject({
      exitCode: 5,
      stdout: "",
      stderr: expect.stringMatching(/accepts no PIN now.*\nhint: .*10 minutes/),
    });
    const status = async () => JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout);
    expect(await status()).toMatchObject({ attemptsLeft: 8, locked: false });
    // from here on it forgets a wrong PIN after a second
    await allow("1");
    await until("the chip takes a PIN again", async () => (await code("83517")).exitCode === 0);
    expect((await code("83517")).stdout).toBe("287082\n");
    expect(await status()).toMatchObject({ attemptsLeft: 10, locked: false });
  });

  test("changes its PIN, and loses it", async () => {
    const { fob } = homeWithTpm();
    await fob(["enroll", "--hold", "tpm", "--pin", "-"], {
      input: EVENTS,
      env: { FOB_PIN: "83517" },
    });
    await fob(["pin", "change", "ACME", "--pin-file", "-"], { input: "83517\n94628\n" });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "94628" } })).stdout).toBe("755224\n");
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "83517" } })).exitCode).toBe(4);
    await fob(["pin", "remove", "ACME"], { env: { FOB_PIN: "94628" } });
    expect((await fob(["code", "ACME"])).stdout).toBe("287082\n");
  });

  test("leaves the vault in no way, by its name, and the others do", async () => {
    const { fob } = homeWithTpm();
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    const refused = /the TPM holds the secret of ACME/;
    expect(await fob(["backup", "-", "--recipient", AGE_RECIPIENT])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(refused),
    });
    await fob(["enroll", "-"], { input: TOTP_URI });
    const backup = await fob(["backup", "-", "--recipient", AGE_RECIPIENT]);
    expect(backup.stderr).toMatch(refused);
    expect(backup.stdout).toContain("BEGIN AGE");
    const all = await fob(["export", "--json"]);
    expect(all.stderr).toMatch(refused);
    expect(JSON.parse(all.stdout).tokens).toEqual(["Example"]);
    for (const args of [
      ["export", "ACME"],
      ["export", "ACME", "--qr", "x.svg"],
      ["access", "grant", "job", "--token", "ACME"],
    ])
      expect(await fob(args)).toMatchObject({
        exitCode: 4,
        stderr: expect.stringMatching(refused),
      });
    const grant = await fob(["access", "grant", "job", "--token", "ACME", "Example"]);
    expect(grant).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(refused) });
    expect(grant.stdout).not.toBe("");
  });

  test("is removed for good, and restored before that", async () => {
    const { fob } = homeWithTpm();
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    expect((await fob(["remove", "--yes", "ACME"])).stderr).toContain("gone for good");
    await fob(["restore", "ACME"]);
    expect((await fob(["code", "ACME"])).stdout).toBe("755224\n");
  });

  test("works in the chip that made it, and nowhere else", async () => {
    const other = await startEmulator();
    const { home, fob } = homeWithTpm();
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    const stolen = testHome();
    cpSync(home, stolen.home, { recursive: true });
    const { exitCode, stderr } = await stolen.fob(["code", "ACME"], { env: other.env });
    expect(stderr).toMatch(/another machine's, or was cleared/);
    expect(exitCode).toBe(6);
    const none = await fob(["code", "ACME"], { env: { FOB_TPM: "swtpm:/nowhere" } });
    expect(none).toMatchObject({ exitCode: 8, stderr: expect.stringContaining("hint: ") });
    // a chip that cannot be reached uses up no counter
    expect((await fob(["code", "ACME"])).stdout).toBe("755224\n");
  });

  test.each([
    ["a token", []],
    ["one with a PIN", ["83517"]],
  ])("was %s of the vault before, of which nothing stays", async (_, [pin]) => {
    const { home, fob } = homeWithTpm();
    const env: Record<string, string> = pin ? { FOB_PIN: pin } : {};
    await fob(["enroll", "-"], { input: EVENTS });
    if (pin) await fob(["pin", "set", "ACME"], { env });
    await fob(["code", "ACME"], { env });
    expect((await fob(["hold", "ACME", "tpm"], { env })).exitCode).toBe(5);
    const held = await fob(["hold", "ACME", "tpm", "--yes", "--json"], { env });
    expect(held).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("snapshots") });
    expect(violations("hold", JSON.parse(held.stdout))).toEqual([]);
    expect((await fob(["code", "ACME"], { env })).stdout).toBe("287082\n");
    if (pin) expect((await fob(["code", "ACME"], { env: { FOB_PIN: "11223" } })).exitCode).toBe(4);
    expect((await fob(["doctor", "--json"], { env })).stdout).not.toContain("--repair");
    const [{ id }] = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(readdirSync(join(home, "vault", "tokens", id))).toHaveLength(1);
    expect((await fob(["hold", "ACME", "tpm", "--yes"], { env })).exitCode).toBe(2);
  });

  test("was shared before: other devices keep its secret, and one of the chip is never shared", async () => {
    const { home, fob } = homeWithTpm();
    await fob(["enroll", "-"], { input: TOTP_URI });
    await fob(["sync", "init", join(home, "tokens.git"), "--name", "laptop"]);
    await fob(["sync", "add", "Example"]);
    const held = await fob(["hold", "Example", "tpm", "--yes"]);
    expect(held).toMatchObject({ exitCode: 0 });
    expect(held.stderr).toContain("Example is shared: the repository of `fob sync`");
    await fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS });
    const refused = await fob(["sync", "add", "ACME"]);
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("the chip") });
    // what cannot be handed over either
    expect(refused.stderr).not.toContain("sync move");
  });

  test("is none that a chip cannot compute, and none of another chip", async () => {
    const { fob } = homeWithTpm();
    const refused = [
      [["--hold", "tpm", "-"], "motp://work:ann?secret=0123456789abcdef", 2],
      [["--hold", "chip", "-"], EVENTS, 2],
      [["--hold", "tpm", "-"], `${TOTP_URI}&algorithm=SHA224`, 8],
    ] as const;
    for (const [args, input, exitCode] of refused)
      expect(await fob(["enroll", ...args], { input })).toMatchObject({ exitCode });
    expect((await fob(["list"])).stdout.trim()).toBe("");
  });
});

const AGE_RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
