import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sampled } from "../../sampled.ts";
import { FOB, filesBelow } from "../fob.ts";
import { copyOf, leaveBatch, type RichHome, richHome } from "./rich-home.ts";

/** No command takes longer, in milliseconds, also on a machine that has much to do. */
const LONGEST_MS = 40_000;

/** What may lie in the place of a file, and never ends or never begins. */
const KINDS = {
  "a pipe": (path: string) => void execFileSync("mkfifo", [path]),
  "a link to a device": (path: string) => symlinkSync("/dev/zero", path),
} as const;

/** The first reads, the second writes, the third looks at everything, the last mends it. */
const COMMANDS = [
  ["list", "--json"],
  ["code", "--all"],
  ["doctor"],
  ["doctor", "--repair"],
] as const;

/** Files that a home has only at times. */
const AT_TIMES = ["vault/locator", "vault/agent/1", "config.json"];

let rich: RichHome;
const later: (() => void)[] = [];

beforeAll(async () => {
  rich = await richHome((remove) => later.push(remove));
  leaveBatch(rich.home);
}, 120_000);

afterAll(() => {
  for (const remove of later) remove();
});

/**
 * Every file of a home, one of those that tokens have alike. All cells are read by the same lines:
 * for the second kind one of them is enough.
 */
function filesFor(kind: keyof typeof KINDS): string[] {
  const all = filesBelow(rich.home).map((path) => relative(rich.home, path));
  const alike = new Map(all.map((path) => [path.replace(/[0-9a-f]{16,}/g, "ID"), path]));
  const paths = [...new Set([...alike.values(), ...AT_TIMES])];
  const isCell = (path: string) => /\/[0-9]+$/.test(path) && !path.startsWith("vault/index/");
  return kind === "a pipe" ? paths : paths.filter((path) => !isCell(path));
}

/** Runs the program on a home, and kills it where it hangs. */
function runIn(home: string, args: readonly string[]) {
  return execa(process.execPath, [FOB, ...args], {
    env: { PATH: process.env["PATH"], HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
    extendEnv: false,
    reject: false,
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
}

async function tryAll(path: string, kind: keyof typeof KINDS): Promise<string[]> {
  const home = copyOf(rich.home, onTestFinished);
  const whole = join(home, path);
  mkdirSync(dirname(whole), { recursive: true, mode: 0o700 });
  rmSync(whole, { force: true });
  KINDS[kind](whole);
  const wrong: string[] = [];
  for (const args of COMMANDS) {
    const { exitCode, stderr, timedOut } = await runIn(home, args);
    if (timedOut || exitCode === 1 || /unexpected/.test(stderr))
      wrong.push(`${path}, ${args.join(" ")}: ${timedOut ? "hangs" : stderr}`);
  }
  return wrong;
}

describe.skipIf(process.platform === "win32").each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
  "%s in the place of any file of a home",
  (kind) => {
    test("makes no command wait, or fail in a way that nobody foresaw", {
      timeout: 900_000,
    }, async () => {
      const wrong: string[] = [];
      for (const path of sampled(filesFor(kind), 5)) wrong.push(...(await tryAll(path, kind)));
      expect(wrong).toEqual([]);
    });
  },
);

test.skipIf(process.platform === "win32")(
  "a pipe for the record of last uses is ignored, named by doctor and put aside by its repair",
  { timeout: 120_000 },
  async () => {
    const home = copyOf(rich.home, onTestFinished);
    const used = join(home, "vault", "used");
    rmSync(used, { force: true });
    KINDS["a pipe"](used);
    const run = (...args: string[]) => runIn(home, args);
    expect(await run("show", "Time", "--json")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"lastUsedAt": null'),
    });
    expect((await run("doctor")).stdout).toContain(
      "used is a pipe or a device, and must be a file",
    );
    await run("doctor", "--repair");
    expect(existsSync(used) && statSync(used).isFIFO()).toBe(false);
    expect(readdirSync(join(home, "vault")).some((name) => name.startsWith("damaged-"))).toBe(true);
    expect((await run("code", "Time")).exitCode).toBe(0);
    expect(statSync(used).isFile()).toBe(true);
  },
);
