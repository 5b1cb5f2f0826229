import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FOB, HOTP_URI, type Surroundings, TOTP_URI, testHome } from "./fob.ts";

const SHIM = fileURLToPath(new URL("throw-shim.cjs", import.meta.url));

/**
 * A command line for every exit code, and the name of the error; null where a result is printed all
 * the same.
 */
const OUTCOMES: [
  exitCode: number,
  error: string | null,
  args: readonly string[],
  more?: Surroundings,
][] = [
  [0, null, ["code", "Example"]],
  [1, "internal", ["code", "Example"], { env: { NODE_OPTIONS: `--require ${SHIM}` } }],
  [2, "usage", ["code", "--frobnicate"]],
  [3, "not-found", ["code", "nix"]],
  [3, "ambiguous", ["code", "a"]],
  [4, "denied", ["code", "Example"], { env: { FOB_GRANT: "nonsense" } }],
  [5, "locked", ["code"]],
  [6, "invalid", ["enroll", "-"], { input: "otpauth://totp/x?secret=1" }],
  [7, "rejected", ["resync", "ACME", "000000", "111111"]],
  [7, null, ["verify", "ACME", "000000"]],
  [8, "unavailable", ["code", "Example", "--copy"]],
  [8, null, ["agent", "status"]],
];

const SLOW_URI = HOTP_URI.replace("hotp", "totp")
  .replaceAll("ACME", "Acorn")
  .replace("counter=0", "period=3600");

describe("the exit code", () => {
  const cleanups: (() => void)[] = [];
  const { home, fob } = testHome((remove) => cleanups.push(remove));
  beforeAll(() => fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, SLOW_URI].join("\n") }));
  afterAll(() => {
    for (const cleanup of cleanups) cleanup();
  });

  test.each(OUTCOMES)("%i (%s) is that of `fob %j`", async (exitCode, error, args, more) => {
    const { stdout, stderr, exitCode: ended } = await fob([...args, "--json"], more);
    expect({ ended, stderr }).toMatchObject({ ended: exitCode });
    if (error === null) expect(JSON.parse(stdout)).toBeDefined();
    else
      expect({ stdout, code: JSON.parse(stderr).error.code }).toEqual({ stdout: "", code: error });
  });

  test("130 is that of an interrupted command", async () => {
    const running = execa(process.execPath, [FOB, "code", "Acorn", "--min-validity", "3600"], {
      env: { FOB_HOME: home, FOB_KEYCHAIN: "file" },
      reject: false,
      timeout: 50_000,
    });
    for await (const line of running.iterable({ from: "stderr" }))
      if (line.startsWith("waiting")) running.kill("SIGINT");
    const { stdout, exitCode } = await running;
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 130 });
  });
});
