import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, afterEach, onTestFinished } from "vitest";
import { canRunHere, type Outcome, runHere } from "./in-process.ts";

export type { Outcome } from "./in-process.ts";

/** The executable, as it is installed. */
export const FOB = fileURLToPath(new URL("../../bin/fob.js", import.meta.url));

/** The executable for ssh, sudo and git. */
export const ASKPASS = fileURLToPath(new URL("../../bin/fob-askpass.js", import.meta.url));

/** What a run gets besides its arguments. */
export interface Surroundings {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A throw-away home and the program in it, with its key in a file and nothing of this machine's
 * environment.
 */
export interface TestHome {
  readonly home: string;
  fob(args: readonly string[], surroundings?: Surroundings): Promise<Outcome>;
}

/** Makes a home that vanishes after the test, or when `whenDone` says. */
export function testHome(whenDone: (remove: () => void) => void = onTestFinished): TestHome {
  const home = mkdtempSync(join(tmpdir(), "fob-test-"));
  whenDone(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return {
    home,
    fob: (args, surroundings) =>
      runFob(args, { HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" }, surroundings),
  };
}

/** Makes a function that remembers homes: after each test of the file their agents are ended. */
export function homesToLock(): (home: TestHome) => TestHome {
  let homes: TestHome[] = [];
  afterEach(async () => {
    for (const { fob } of homes) await fob(["lock"]);
    homes = [];
  });
  return (home) => {
    homes.push(home);
    return home;
  };
}

/**
 * Makes homes to which `prepare` has been done: once in a test file, by the first test that wants
 * one. Each gets a copy. PINs then have the same salts, whose scrypt is computed once.
 */
export function homesLike(
  prepare: (home: TestHome) => Promise<unknown>,
): (whenDone?: (remove: () => void) => void) => Promise<TestHome> {
  let original: Promise<string> | null = null;
  const removals: (() => void)[] = [];
  afterAll(() => {
    for (const remove of removals) remove();
  });
  const make = async () => {
    const home = testHome((remove) => void removals.push(remove));
    await prepare(home);
    return home.home;
  };
  return async (whenDone) => {
    const copy = testHome(whenDone);
    original ??= make();
    cpSync(await original, copy.home, { recursive: true });
    return copy;
  };
}

/** Runs the program with exactly this environment. */
export async function runFob(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { input = "", env: more = {} }: Surroundings = {},
): Promise<Outcome> {
  const { PATH = "", SystemRoot = "", NODE_DISABLE_COMPILE_CACHE = "" } = process.env;
  if (canRunHere(args, { ...env, ...more }))
    return runHere(args, { PATH, SystemRoot, ...env, ...more }, input);
  const result = await execa(process.execPath, [FOB, ...args], {
    env: { PATH, SystemRoot, NODE_DISABLE_COMPILE_CACHE, ...env, ...more },
    extendEnv: false,
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: 50_000,
  });
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
}

/** Every file below a folder, as paths. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The 20 bytes of the RFC's examples, in Base32. */
export const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** The passcodes of RFC 4226 Appendix D, counters 0 to 9. */
export const RFC_CODES =
  "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(" ");

/** An event-based token with the RFC's secret. */
export const HOTP_URI = `otpauth://hotp/ACME:ann?secret=${RFC_SECRET}&issuer=ACME&counter=0`;

/** A time-based token with the RFC's secret and eight digits. */
export const TOTP_URI = `otpauth://totp/Example:bob?secret=${RFC_SECRET}&issuer=Example&digits=8`;
