import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { HOTP_URI, runFob, type TestHome, testHome } from "../e2e/fob.ts";
import { runWith } from "./faults.ts";

const CODES = ["ENOSPC", "EIO", "EROFS"];

/**
 * Every error at every operation by `npm run torture`; else one of them at every ninety-seventh,
 * other ones each time.
 */
const isTorture = process.env["MODE"] === "torture";
const STRIDE = isTorture ? 1 : 97;

const FOB_PIN = "83517";

const uri = (name: string) => HOTP_URI.replaceAll("ACME", name).replaceAll("ann", name);

/**
 * A home with the tokens `counter`, `plain`, `guarded` (with a PIN) and `gone` (removed), and a
 * grant.
 */
async function prepare(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], {
    input: ["counter", "plain", "guarded", "gone"].map(uri).join("\n"),
  });
  await home.fob(["pin", "set", "guarded"], { env: { FOB_PIN } });
  await home.fob(["remove", "gone", "--yes"]);
  await home.fob(["access", "grant", "script", "--token", "plain"]);
  return home;
}

/** A copy of a home, which a failing command may have. */
function copyOf(home: TestHome): TestHome {
  const copy = mkdtempSync(join(tmpdir(), "fob-fault-"));
  cpSync(home.home, copy, { recursive: true, preserveTimestamps: true });
  const fob: TestHome["fob"] = (args, more) =>
    runFob(args, { HOME: copy, FOB_HOME: copy, FOB_KEYCHAIN: "file" }, more);
  return { home: copy, fob };
}

async function ids({ fob }: TestHome): Promise<string[]> {
  const lists = await Promise.all([fob(["list", "--json"]), fob(["restore", "--json"])]);
  return lists.flatMap(({ stdout }) => JSON.parse(stdout).map(({ id }: { id: string }) => id));
}

/** `isWhole` says of a command that it does all or nothing, and gives back what it took. */
const COMMANDS: readonly {
  readonly args: readonly string[];
  readonly input?: string;
  readonly pin?: string;
  readonly isWhole?: boolean;
}[] = [
  { args: ["code", "counter"] },
  { args: ["code", "guarded"], pin: FOB_PIN },
  { args: ["enroll", "-"], input: uri("new") },
  {
    args: ["enroll", "--replace", "-"],
    input: ["new", "newer", "plain"].map(uri).join("\n"),
    isWhole: true,
  },
  { args: ["rename", "plain", "other"] },
  { args: ["remove", "plain", "--yes"] },
  { args: ["restore", "gone"] },
  { args: ["access", "grant", "more", "--token", "counter"] },
  { args: ["access", "revoke", "script"] },
  { args: ["pin", "remove", "guarded"], pin: FOB_PIN },
  { args: ["doctor", "--repair"] },
];

describe("a disk that fails at any operation", () => {
  test.each(COMMANDS)(
    "of $args.0 $args.1 loses nothing and repeats no counter",
    { timeout: 900_000 },
    async (command) => {
      const prepared = await prepare();
      const before = await ids(prepared);
      for (let failAt = 1 + Math.floor(Math.random() * STRIDE); ; failAt += STRIDE) {
        const codes = isTorture
          ? CODES
          : CODES.filter((_, i) => i === Math.floor(failAt / STRIDE) % CODES.length);
        const isOver = (
          await Promise.all(
            codes.map((code) => suffer(prepared, command, { failAt, code }, before)),
          )
        ).some((hasHappened) => !hasHappened);
        if (isOver) break;
        expect(failAt).toBeLessThan(2_000);
      }
    },
  );

  /**
   * Nothing is left of tokens that are not in use, once the next command has settled what a failing
   * disk kept the failed one from.
   */
  async function givesBack({ home, fob }: TestHome): Promise<void> {
    const listed = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(readdirSync(join(home, "vault/tokens"))).toHaveLength(listed.length);
  }

  /** Runs a command with one fault, in a copy. Returns whether the fault happened at all. */
  async function suffer(
    prepared: TestHome,
    { args, input, pin, isWhole = false }: (typeof COMMANDS)[number],
    fault: { readonly failAt: number; readonly code: string },
    before: readonly string[],
  ): Promise<boolean> {
    const home = copyOf(prepared);
    const trace = `${home.home}.trace`;
    onTestFinished(() => rmSync(trace, { force: true }));
    const env: Record<string, string> = pin === undefined ? {} : { FOB_PIN: pin };
    const outcome = await runWith(
      home,
      args,
      { ...fault, trace },
      { env, ...(input === undefined ? {} : { input }) },
    );
    const story = readFileSync(trace, "utf8");
    const context = { args, ...fault, ...outcome };
    // what fails is said in one line, with a code of the contract that is not "unforeseen"
    expect({ ...context, exitCode: outcome.exitCode }).toMatchObject({
      exitCode: expect.toSatisfy(
        (code) => [0, 6, 8].includes(code),
        `one of the contract after ${story}`,
      ),
    });
    if (outcome.exitCode !== 0 && outcome.stdout === "")
      expect(context.stderr).toMatch(/^fob: [^\n]+\n(hint: [^\n]+\n)?$/);
    const after = await ids(home);
    expect({ ...context, lost: before.filter((id) => !after.includes(id)) }).toMatchObject({
      lost: [],
    });
    if (isWhole) {
      const count = before.length + (outcome.exitCode === 0 ? 3 : 0);
      expect({ ...context, count: after.length }).toMatchObject({ count });
      await givesBack(home);
    }
    const next = await home.fob(["code", "counter"]);
    expect({ ...context, next }).toMatchObject({ next: { exitCode: 0 } });
    if (args[1] === "counter" && outcome.stdout !== "")
      expect(next.stdout).not.toBe(outcome.stdout);
    rmSync(home.home, { recursive: true, force: true });
    rmSync(trace, { force: true });
    return story.includes('"operation":"failed"');
  }
});
