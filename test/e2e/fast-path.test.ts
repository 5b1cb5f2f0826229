import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { FOB, HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const PROBE = fileURLToPath(new URL("module-probe.cjs", import.meta.url));

/** What cannot be spared: bin/fob.js, the one file that it requires, and the file system. */
const ENTRY = ["fob.js", "fob.cjs", "node:fs"];

/**
 * Node's own modules for opening a vault whose home is named. Each is loaded once, whoever asks;
 * node:crypto is most of what they cost.
 */
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
    expect(statSync(join(DIST, "fob.cjs")).size).toBeLessThan(112_500);
  });

  test.each([["--version"], ["--help"]])(
    "of `fob %s` loads nothing but the file system",
    async (option) => {
      expect(await loadedBy(testHome(), [option])).toEqual([...ENTRY].sort());
    },
  );

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

  test("shows the help page of the whole program", async () => {
    const whole = await execa(process.execPath, [join(DIST, "main.cjs"), "--help"], {
      stripFinalNewline: false,
    });
    expect((await testHome().fob(["--help"])).stdout).toBe(whole.stdout);
  });

  test("leaves a reader that has gone alone", async () => {
    const { stderr, exitCode } = await execa("sh", [
      "-c",
      `'${process.execPath}' '${FOB}' --help | true`,
    ]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });
});

describe("the names to complete with", () => {
  test("come one a line, by their beginning in any letter case", async () => {
    const { fob } = await enrolled();
    expect(await fob(["__complete", "names"])).toEqual({
      stdout: "ACME\nExample\n",
      stderr: "",
      exitCode: 0,
    });
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

test("the copy of secrets that earlier builds kept is removed when a vault is opened", async () => {
  const { fob, home } = await enrolled();
  const file = join(home, "vault", "unguarded");
  writeFileSync(file, "sealed once");
  await fob(["list"]);
  expect(existsSync(file)).toBe(false);
});

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
  const entries = Array.from({ length: (bytes.length - 8) / 24 }, (_, i) =>
    bytes.subarray(8 + i * 24, 32 + i * 24),
  );
  const ids = entries.map((entry) => entry.subarray(16));
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...entries.flatMap((entry, i) => [entry.subarray(0, 16), ids.at(i - 1) ?? entry]),
  ]);
}
