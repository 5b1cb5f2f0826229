import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { FOB, runFob, type TestHome, testHome } from "../e2e/fob.ts";
import { cutOffAfter, makeOld, until } from "../waiting.ts";

/** `npm run torture` cuts off a thousand times. */
const ROUNDS = process.env["MODE"] === "torture" ? 1_000 : 7;

const SIGNALS = ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"] as const;

const OLD = 15;
const NEW = 60;

/**
 * Tokens of a kind of their own each: `old0`, `old1` ... or `new0` ...; every second one is
 * event-based.
 */
function uris(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const secret = `${kind === "old" ? "A" : "B"}${String.fromCharCode(65 + (i % 26))}${String.fromCharCode(65 + Math.floor(i / 26))}`;
    const type = i % 2 === 0 ? "hotp" : "totp";
    return `otpauth://${type}/${kind}${i}:ann?secret=${secret.padEnd(32, "A")}&issuer=${kind}${i}&counter=0`;
  });
}

/** A command that changes many tokens, or writes them to a file. */
interface LongCommand {
  readonly args: readonly string[];
  readonly input?: string;
  /** The words after which nothing may have changed. */
  readonly undone: RegExp;
  /** How many tokens are there when it has not been, and when it is done. */
  readonly before: number;
  readonly after: number;
  /** Whether it may be cut off between two tokens, and then says how many it has done. */
  readonly isPiecemeal?: boolean;
  /** The file that it writes. */
  readonly file?: string;
}

const names = Array.from({ length: OLD - 1 }, (_, i) => `old${i + 1}`);
const COMMANDS: readonly LongCommand[] = [
  { args: ["import", "list"], undone: /nothing was imported/, before: OLD, after: OLD + NEW },
  {
    args: ["enroll", "-"],
    input: uris("new", NEW).join("\n"),
    undone: /nothing was enrolled/,
    before: OLD,
    after: OLD + NEW,
  },
  {
    args: ["restore", "kept.age", "--identity", "identity"],
    undone: /nothing was restored/,
    before: OLD,
    after: OLD + NEW,
  },
  {
    args: ["remove", "--yes", ...names],
    undone: /nothing was removed/,
    before: OLD,
    after: 1,
    isPiecemeal: true,
  },
  {
    args: ["backup", "out.age", "--recipient", "?"],
    undone: /nothing was written/,
    before: OLD,
    after: OLD,
    file: "out.age",
  },
  {
    args: ["export", "--yes", "--output", "out.txt"],
    undone: /nothing was written/,
    before: OLD,
    after: OLD,
    file: "out.txt",
  },
  { args: ["rename", "old1", "other"], undone: /^never$/, before: OLD, after: OLD },
];

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

function start(home: string, args: readonly string[], input: string): ChildProcess {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const child = spawn(process.execPath, [FOB, ...args], {
    env,
    cwd: home,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin?.once("error", () => undefined);
  child.stdin?.end(input);
  return child;
}

/** Runs a command, and sends it a signal after a while unless that is null. */
function cutOff(
  home: string,
  { args, input = "" }: LongCommand,
  cut: { readonly signal: NodeJS.Signals; readonly after: number } | null,
): Promise<Ended> {
  const child = start(home, args, input);
  const began = Date.now();
  const heard = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      heard[name] += text;
    });
  }
  if (cut) cutOffAfter(child, cut.after, cut.signal);
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      resolve({ code, signal, ...heard, milliseconds: Date.now() - began });
    });
  });
}

function at(home: string): Pick<TestHome, "fob"> {
  return {
    fob: (args, more) => runFob(args, { HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" }, more),
  };
}

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
}

async function list(home: string, ...args: readonly string[]): Promise<Listed[]> {
  const { stdout, stderr, exitCode } = await at(home).fob([...args, "--json"]);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A home with the old tokens, the first of them used three times, and files with the new ones. */
async function prepare() {
  const { home, fob } = testHome();
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  const other = testHome();
  writeFileSync(join(home, "list"), uris("new", NEW).join("\n"));
  await other.fob(["import", join(home, "list")]);
  expect(
    await other.fob(["backup", join(home, "kept.age"), "--recipient", recipient]),
  ).toMatchObject({ exitCode: 0 });
  writeFileSync(join(home, "identity"), `${identity}\n`);
  await fob(["enroll", "-"], { input: uris("old", OLD).join("\n") });
  for (let i = 0; i < 3; i++) await fob(["code", "old0"]);
  const commands = COMMANDS.map((command) => ({
    ...command,
    args: command.args.map((arg) => (arg === "?" ? recipient : arg)),
  }));
  return { home, commands };
}

function copyOf(home: string): string {
  const copy = mkdtempSync(join(tmpdir(), "fob-cut-"));
  cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/**
 * How a process may end that got this signal at some moment: by it, by its exit code, or well,
 * because it was done.
 */
function hasEndedAs({ code, signal }: Ended, sent: NodeJS.Signals): boolean {
  return signal === sent || code === 0 || (sent === "SIGINT" && code === 130);
}

/** Holds what a command has said against what the vault has. */
async function judge(
  home: string,
  command: LongCommand,
  ended: Ended,
  sent: NodeJS.Signals,
): Promise<void> {
  const { before, after, undone, isPiecemeal, file } = command;
  const about = { args: command.args.slice(0, 2), sent, ...ended };
  expect({ ...about, isEnded: hasEndedAs(ended, sent) }).toMatchObject({ isEnded: true });
  const listed = await list(home, "list");
  const removed = await list(home, "restore");
  const issuers = listed.map(({ issuer }) => issuer);
  expect({
    ...about,
    twins: issuers.filter((issuer, i) => issuers.indexOf(issuer) !== i),
  }).toMatchObject({
    twins: [],
  });
  if (!isPiecemeal)
    expect({ ...about, count: listed.length }).toMatchObject({
      count: expect.toBeOneOf([before, after]),
    });
  if (isPiecemeal)
    expect({ ...about, all: listed.length + removed.length }).toMatchObject({ all: before });
  if (ended.code === 0) expect({ ...about, count: listed.length }).toMatchObject({ count: after });
  if (undone.test(ended.stderr))
    expect({ ...about, count: listed.length }).toMatchObject({ count: before });
  const told = /(\d+) tokens? removed, (\d+) not/.exec(ended.stderr);
  if (told)
    expect({ ...about, count: listed.length }).toMatchObject({ count: before - Number(told[1]) });
  else if (ended.code === 130 && ended.stdout === "")
    expect({ ...about, count: listed.length }).toMatchObject({ count: before });
  if (!file) return;
  const isThere = readdirSync(home).includes(file);
  if (ended.code === 0 || isThere)
    expect({ ...about, isThere, size: await sizeIn(home, file) }).toMatchObject({
      isThere: true,
      size: OLD,
    });
  if (undone.test(ended.stderr)) expect({ ...about, isThere }).toMatchObject({ isThere: false });
  // a killed process can take nothing back
  const halves = readdirSync(home).filter((name) => name.includes(".new-"));
  if (sent !== "SIGKILL") expect({ ...about, halves }).toMatchObject({ halves: [] });
}

/** How many tokens a written file holds. */
async function sizeIn(home: string, file: string): Promise<number> {
  const { fob, home: reader } = testHome((remove) => removals.push(remove));
  const args = file.endsWith(".age")
    ? ["restore", join(home, file), "--identity", join(home, "identity")]
    : ["import", join(home, file)];
  expect(await fob(args)).toMatchObject({ exitCode: 0 });
  return (await list(reader, "list")).length;
}

const removals: (() => void)[] = [];

test(`${ROUNDS} long commands, each cut off at random, leave all or nothing and no twins`, {
  timeout: ROUNDS * 30_000,
}, async () => {
  const { home, commands } = await prepare();
  const durations = new Map<LongCommand, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const command = commands[round % commands.length];
    const sent = SIGNALS[Math.floor(Math.random() * SIGNALS.length)] ?? "SIGKILL";
    if (!command) continue;
    const copy = copyOf(home);
    if (!durations.has(command)) {
      const whole = copyOf(home);
      const ended = await cutOff(whole, command, null);
      expect(ended).toMatchObject({ code: 0 });
      durations.set(command, ended.milliseconds);
      rmSync(whole, { recursive: true, force: true });
    }
    // the first half is Node's beginning
    const after = (durations.get(command) ?? 0) * (0.4 + 0.7 * Math.random());
    const ended = await cutOff(copy, command, { signal: sent, after });
    await judge(copy, command, ended, sent);
    await goOn(copy, command);
    rmSync(copy, { recursive: true, force: true });
    for (const remove of removals.splice(0)) remove();
  }
});

/** What comes after: the same command again, and a vault that is whole. */
async function goOn(
  home: string,
  { args, input, after, isPiecemeal, file }: LongCommand,
): Promise<void> {
  const { fob } = at(home);
  const absolute = args.map((arg) =>
    ["list", "kept.age", "identity"].includes(arg) ? join(home, arg) : arg,
  );
  const isStored = args[0] !== "rename" && !file;
  if (isPiecemeal) {
    const left = (await list(home, "list"))
      .map(({ name }) => name)
      .filter((name) => name !== "old0");
    if (left.length > 0)
      expect(await fob(["remove", "--yes", ...left])).toMatchObject({ exitCode: 0 });
  } else if (isStored) {
    const again = await fob(absolute, input === undefined ? {} : { input });
    // `enroll` refuses what is there
    expect({ args, again }).toMatchObject({
      again: { exitCode: expect.toBeOneOf(args[0] === "enroll" ? [0, 2] : [0]) },
    });
  }
  const listed = await list(home, "list");
  expect({ args, count: listed.length }).toMatchObject({ count: after });
  const { counter } = JSON.parse((await fob(["code", "old0", "--json"])).stdout);
  expect({ args, counter }).toMatchObject({ counter: 3 });
  expect((await fob(["doctor", "--repair"])).exitCode).toBe(0);
  const { stdout } = await fob(["doctor"]);
  expect({ args, stdout }).toMatchObject({
    stdout: expect.not.stringMatching(/(vault|index|interrupted|leftovers) +(warning|failed)/),
  });
  expect(readdirSync(join(home, "vault/tokens"))).toHaveLength(after);
  // an empty folder that is young is left alone: another process may be filling it
  const batches = join(home, "vault/batches");
  const left = () => (existsSync(batches) ? readdirSync(batches) : []);
  for (const id of left()) makeOld(join(batches, id));
  expect((await fob(["doctor", "--repair"])).exitCode).toBe(0);
  expect(left()).toEqual([]);
}

test("a second Ctrl-C ends an import at once, and the next one leaves no twins", {
  timeout: 60_000,
}, async () => {
  const { home } = testHome();
  writeFileSync(join(home, "list"), uris("new", 600).join("\n"));
  const child = start(home, ["import", "list"], "");
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("close", (code, signal) => resolve([code, signal]));
  });
  await until("some tokens are written", () => tokenFolders(home) > 20, { everyMs: 1 });
  child.kill("SIGINT");
  child.kill("SIGINT");
  const [code, signal] = await ended;
  expect(code === 130 || signal === "SIGINT").toBe(true);
  expect(await list(home, "list")).toEqual([]);
  expect(await at(home).fob(["import", join(home, "list")])).toMatchObject({ exitCode: 0 });
  expect(await list(home, "list")).toHaveLength(600);
  expect(tokenFolders(home)).toBe(600);
});

function tokenFolders(home: string): number {
  const vault = join(home, "vault");
  try {
    return readdirSync(join(vault, "tokens")).length;
  } catch {
    // not yet
    return 0;
  }
}
