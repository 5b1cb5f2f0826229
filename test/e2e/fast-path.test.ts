import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { hotp } from "#otp/hotp.ts";
import { FOB, HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const PROBE = fileURLToPath(new URL("module-probe.cjs", import.meta.url));

/** What cannot be spared: bin/fob.js, the one file that it requires, and the file system. */
const ENTRY = ["fob.js", "fob.cjs", "node:fs"];

/** Node's own modules for opening a vault whose home is named. Each is loaded once, whoever asks; node:crypto is most of what they cost. */
const VAULT = ["node:crypto", "node:path"];

/** And for asking an agent, which must prove itself. */
const AGENT = ["node:crypto", "node:net", "node:os", "node:path"];

let unlocked: TestHome[] = [];

afterEach(async () => {
  for (const { fob } of unlocked) await fob(["lock"]);
  unlocked = [];
});

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  return home;
}

/** The modules that a run of the program loads, each once, in alphabetical order. */
async function loadedBy({ home, fob }: TestHome, args: readonly string[]): Promise<string[]> {
  const probe = join(home, "probe");
  await fob(args, { env: { NODE_OPTIONS: `--require ${PROBE}`, FOB_PROBE: probe } });
  return [...new Set(readFileSync(probe, "utf8").trim().split("\n"))].sort();
}

describe("the fast path", () => {
  test("is one small file", () => {
    expect(statSync(join(DIST, "fob.cjs")).size).toBeLessThan(116_400);
  });

  test.each([["--version"], ["--help"]])("of `fob %s` loads nothing but the file system", async (option) => {
    expect(await loadedBy(testHome(), [option])).toEqual([...ENTRY].sort());
  });

  test.each([[["code", "ACME"]], [["code", "Example"]], [["__complete", "names"]]])(
    "of `fob %j` loads what opens a vault, and no keychain, no network and no command framework",
    async (args) => {
      expect(await loadedBy(await enrolled(), args)).toEqual([...ENTRY, ...VAULT].sort());
    },
  );

  test.each([[["code", "ACME"]], [["__complete", "names"]]])(
    "of `fob %j` through an agent loads what asks it, and nothing to open a vault with",
    async (args) => {
      const home = await enrolled();
      unlocked.push(home);
      await home.fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
      await home.fob(["unlock"], { env: { FOB_PIN: "83517" } });
      expect(await loadedBy(home, args)).toEqual([...ENTRY, ...AGENT].sort());
    },
  );

  test.each([
    [["list", "--json"], "quick-listing.cjs"],
    [["code", "--all", "--json"], "quick-passcodes.cjs"],
  ])("of `fob %j` loads a file of its own, and says what the whole program says", async (args, file) => {
    const home = await enrolled();
    await home.fob(["enroll", "-"], { input: TOTP_URI.replaceAll("Example", 'Zo\u00eb "\u202e9"\\') });
    expect(await loadedBy(home, args)).toEqual([...ENTRY, ...VAULT, file].sort());
    const anew = async () => [await home.fob(args), await home.fob([...args, "--no-color"])];
    let [quick, whole] = await anew();
    // a time step may have ended between them
    if (quick?.stdout !== whole?.stdout) [quick, whole] = await anew();
    expect(quick).toMatchObject({ stdout: whole?.stdout, stderr: whole?.stderr, exitCode: 0 });
    expect(quick?.stdout).toContain('"name":"Example"');
  });

  test("shows the help page of the whole program", async () => {
    const whole = await execa(process.execPath, [join(DIST, "main.cjs"), "--help"], { stripFinalNewline: false });
    expect((await testHome().fob(["--help"])).stdout).toBe(whole.stdout);
  });

  test("leaves a reader that has gone alone", async () => {
    const { stderr, exitCode } = await execa("sh", ["-c", `'${process.execPath}' '${FOB}' --help | true`]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });
});

describe("the names to complete with", () => {
  test("come one a line, by their beginning in any letter case", async () => {
    const { fob } = await enrolled();
    expect(await fob(["__complete", "names"])).toEqual({ stdout: "ACME\nExample\n", stderr: "", exitCode: 0 });
    expect((await fob(["__complete", "names", "ex"])).stdout).toBe("Example\n");
    expect((await fob(["__complete", "names", "x"])).stdout).toBe("");
  });

  test.each([
    ["there is no vault", async () => testHome()],
    ["a PIN would be needed", withAppPin],
    ["the key file can be read by others", withOpenKey],
  ])("are none, without a word, where %s", async (_, makeHome) => {
    const { fob } = await makeHome();
    expect(await fob(["__complete", "names"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("are none where a grant is all there is, nor for anything but names", async () => {
    const { fob } = await enrolled();
    expect(await fob(["__complete", "names"], { env: { FOB_GRANT: "x" } })).toEqual({
      stdout: "",
      stderr: "",
      exitCode: 0,
    });
    expect(await fob(["__complete", "serials"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("come from an agent where one holds the vault", async () => {
    const home = await withAppPin();
    unlocked.push(home);
    await home.fob(["unlock"], { env: { FOB_PIN: "83517" } });
    expect((await home.fob(["__complete", "names", "A"])).stdout).toBe("ACME\n");
  });
});

describe("a large vault", () => {
  test("finds exact names by a locator, which follows every change", async () => {
    const { fob, locator } = await manyEnrolled();
    expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(statSync(locator).size).toBe(8 + 251 * 24);
    expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    await fob(["rename", "vpn", "work"]);
    expect(await fob(["code", "vpn"])).toMatchObject({ exitCode: 3, stdout: "" });
    expect((await fob(["code", "work"])).stdout).toBe(`${RFC_CODES[2]}\n`);
    await fob(["rename", "T7", "vpn"]);
    await fob(["code", "T8"]);
    expect((await fob(["code", "vpn"])).stdout).toMatch(/^\d{8}\n$/);
    await fob(["remove", "--yes", "vpn"]);
    expect(await fob(["code", "vpn"])).toMatchObject({ exitCode: 3, stdout: "" });
  });

  test("gives the right passcodes with a locator that is cut, empty, overwritten or leads to other tokens", async () => {
    const { fob, locator } = await manyEnrolled();
    await fob(["code", "T5"]);
    const whole = readFileSync(locator);
    const broken = [
      whole.subarray(0, whole.length >> 1),
      Buffer.alloc(0),
      Buffer.concat([whole.subarray(0, 8), Buffer.alloc(whole.length - 8)]),
      swapIds(whole),
    ];
    for (const [i, bytes] of broken.entries()) {
      writeFileSync(locator, bytes);
      expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[i]}\n`);
    }
  });
});

describe("all passcodes of a large vault", () => {
  test("are the same from what was kept of them, which is made anew when a token changed", async () => {
    const { fob, home } = await manyEnrolled();
    await settled();
    const names = await namesGiven(fob);
    expect(names).toHaveLength(250);
    expect(statSync(join(home, "vault", "unguarded")).mode & 0o777).toBe(0o600);
    expect(await namesGiven(fob)).toEqual(names);
    await fob(["rename", "T7", "work"]);
    await fob(["remove", "--yes", "T8"]);
    expect(existsSync(join(home, "vault", "unguarded"))).toBe(false);
    const changed = names.filter((name) => name !== "T8").map((name) => (name === "T7" ? "work" : name));
    expect((await namesGiven(fob)).sort()).toEqual(changed.sort());
    await fob(["restore", "T8"]);
    expect(await namesGiven(fob)).toContain("T8");
  });

  test("leave out a token that got a PIN, also where what was kept before comes back", async () => {
    const { fob, home } = await manyEnrolled();
    await settled();
    await namesGiven(fob);
    const kept = readFileSync(join(home, "vault", "unguarded"));
    await fob(["pin", "set", "T5"], { env: { FOB_PIN: "83517" } });
    expect(existsSync(join(home, "vault", "unguarded"))).toBe(false);
    writeFileSync(join(home, "vault", "unguarded"), kept);
    const names = await namesGiven(fob);
    expect(names).toHaveLength(249);
    expect(names).not.toContain("T5");
  });

  test("do not come from a file that is cut, empty, overwritten or of another vault", async () => {
    const { fob, home } = await manyEnrolled();
    await settled();
    const names = await namesGiven(fob);
    const file = join(home, "vault", "unguarded");
    const whole = readFileSync(file);
    const other = await manyEnrolled();
    await settled();
    await namesGiven(other.fob);
    const foreign = readFileSync(join(other.home, "vault", "unguarded"));
    for (const bytes of [whole.subarray(0, whole.length >> 1), Buffer.alloc(0), Buffer.alloc(whole.length), foreign]) {
      writeFileSync(file, bytes);
      expect(await namesGiven(fob)).toEqual(names);
    }
  });
});

/** What has just been written is not kept yet: a folder may change twice within a tick of the file system's clock. */
function settled(): Promise<void> {
  return setTimeout(3_100);
}

/** Whose passcodes `code --all` gives, each of which oneself can compute. */
async function namesGiven(fob: TestHome["fob"]): Promise<string[]> {
  const { stdout } = await fob(["code", "--all", "--json"]);
  const codes = JSON.parse(stdout) as { name: string; code: string; validFrom: string }[];
  const secret = Buffer.from("12345678901234567890");
  for (const { code, validFrom } of codes) {
    const counter = BigInt(Date.parse(validFrom) / 30_000);
    expect(code).toBe(hotp({ secret, counter, algorithm: "SHA1", digits: 8, alphabet: "decimal" }));
  }
  return codes.map(({ name }) => name);
}

/** A home with an event-based token `vpn` among so many others that there is a locator. */
async function manyEnrolled() {
  const { home, fob } = testHome();
  const uris = Array.from({ length: 250 }, (_, i) => TOTP_URI.replaceAll("Example", `T${i}`));
  await fob(["enroll", "-"], { input: [HOTP_URI, ...uris].join("\n") });
  await fob(["rename", "ACME", "vpn"]);
  return { fob, home, locator: join(home, "vault", "locator") };
}

async function withAppPin(): Promise<TestHome> {
  const home = await enrolled();
  await home.fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
  return home;
}

async function withOpenKey(): Promise<TestHome> {
  const home = await enrolled();
  chmodSync(join(home.home, "key"), 0o644);
  return home;
}

/** Every entry with the id of its neighbour. */
function swapIds(bytes: Buffer): Buffer {
  const entries = Array.from({ length: (bytes.length - 8) / 24 }, (_, i) => bytes.subarray(8 + i * 24, 32 + i * 24));
  const ids = entries.map((entry) => entry.subarray(16));
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...entries.flatMap((entry, i) => [entry.subarray(0, 16), ids.at(i - 1) ?? entry]),
  ]);
}
