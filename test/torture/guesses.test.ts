import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PIN_COSTS } from "#vault/keys/keys.ts";
import { connectTo } from "../agent/agent.ts";
import { FOB, HOTP_URI, type TestHome, testHome } from "../e2e/fob.ts";
import { isTorture } from "../sampled.ts";
import { seeded } from "../seeded.ts";
import { anyMoment, eventually, until } from "../waiting.ts";

/** Rounds of each test; FOB_ROUNDS overrides, for longer or shorter looks. */
const ROUNDS = Number(process.env["FOB_ROUNDS"] ?? (isTorture ? 200 : 2));
/** What the rounds are made of; SEED repeats it. When signals come is left to chance. */
const SEED = Number(process.env["SEED"] ?? randomInt(2 ** 31));
const MOST_PROCESSES = isTorture ? 32 : 8;

const RIGHT = "83517";
const WRONG = "62804";

/** Sooner than this nobody has begun to check a PIN, in milliseconds: Node must start first. */
const EARLY_MS = 30;
/** What the PINs cost: 95 ms, a quarter of what those of people do. */
const COSTS = { N: 2 ** 15 };
/**
 * No check is finished in so many milliseconds after it was noted: scrypt takes longer on any
 * machine.
 */
const CHECKING_MS = 25;
/** How long a guess may wait for the others of its round, where the machine has much to do. */
const LONGEST_MS = 110_000;
/** A kill comes at any time of a command, which waits for the others of its round. */
const LATE_MS_EACH = 120;

type Signal = "SIGKILL" | "SIGINT" | "SIGTERM" | "SIGHUP";
const IN_ORDER: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

const usual = { ...PIN_COSTS };
beforeAll(() => void Object.assign(PIN_COSTS, COSTS));
afterAll(() => void Object.assign(PIN_COSTS, usual));

interface Plan {
  readonly isRight: boolean;
  readonly signal: Signal | null;
}

interface Outcome extends Plan {
  readonly code: number | null;
  readonly by: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

let below = seeded(SEED);
beforeEach(() => {
  below = seeded(SEED);
});

/** Whether what happens so many times of a hundred happens this time. */
function happens(percent: number): boolean {
  return below(100) < percent;
}

function oneOf<T>(choices: readonly T[]): T {
  return choices[below(choices.length)] as T;
}

/** The counts as they lie there: of each the file with the highest number. */
function notes({ home }: TestHome): string {
  const folder = join(home, "vault", "attempts");
  return list(folder)
    .map((name) => {
      const numbers = list(join(folder, name))
        .filter((file) => /^\d+$/.test(file))
        .map(Number);
      return numbers.length === 0 ? "" : read(join(folder, name, String(Math.max(...numbers))));
    })
    .join("\n");
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // not there yet, or not any more
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // a newer one has taken its place
    return "";
  }
}

/**
 * Runs one guess as it is planned, one of so many at a time. A signal in order comes before its
 * check can be done.
 */
async function run(home: TestHome, { isRight, signal }: Plan, atOnce = 1): Promise<Outcome> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home.home,
    FOB_HOME: home.home,
    FOB_KEYCHAIN: "file",
  };
  const pinFile = join(home.home, isRight ? "right" : "wrong");
  const child = spawn(process.execPath, [FOB, "code", "ACME", "--pin-file", pinFile], {
    env,
    cwd: home.home,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Outcome>((resolve) => {
    child.once("close", (code, by) => resolve({ isRight, signal, code, by, stdout, stderr }));
  });
  if (signal === "SIGKILL") await Promise.race([anyMoment(LATE_MS_EACH * atOnce), ended]);
  else if (signal !== null) await momentBeforeTheEnd();
  if (signal !== null) child.kill(signal);
  return ended;

  async function momentBeforeTheEnd(): Promise<void> {
    if (happens(30)) return anyMoment(EARLY_MS);
    const look = () => {
      if (child.exitCode !== null || child.signalCode !== null) return "ended";
      return notes(home).includes(`"pid":${child.pid},`) ? "noted" : undefined;
    };
    const withinMs = LONGEST_MS;
    const found = await eventually("the guess is noted, or the process has ended", look, {
      withinMs,
    });
    if (found === "noted") await anyMoment(CHECKING_MS);
  }
}

async function state({ fob }: TestHome, name: string | null) {
  const { stdout, stderr, exitCode } = await fob([
    "pin",
    "status",
    ...(name === null ? [] : [name]),
    "--json",
  ]);
  expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout) as { attemptsLeft: number; locked: boolean; wiped: boolean };
}

async function guarded(args: readonly string[]): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  writeFileSync(join(home.home, "right"), RIGHT);
  writeFileSync(join(home.home, "wrong"), WRONG);
  const set = await home.fob(["pin", "set", ...args, "--pin-file", join(home.home, "right")]);
  expect(set).toMatchObject({ exitCode: 0 });
  return home;
}

/** What must hold after a round, of which `outcomes` are known from outside. */
function expectFair(
  outcomes: readonly Outcome[],
  limit: number,
  left: number,
  isGone: boolean,
): void {
  const ended = outcomes.filter(
    ({ by, code, signal }) => !(signal !== null && (by === signal || code === 130)),
  );
  const right = ended.filter(({ code }) => code === 0);
  const wrong = ended.filter(({ code }) => code === 4);
  const locked = ended.filter(({ code }) => code === 5);
  const killed = outcomes.filter(({ by }) => by === "SIGKILL");
  // what was killed may have finished before
  const rights = right.length + killed.filter(({ isRight }) => isRight).length;
  expect(ended).toHaveLength(right.length + wrong.length + locked.length);
  expect(right.every(({ isRight }) => isRight)).toBe(true);
  expect(wrong.every(({ isRight }) => !isRight)).toBe(true);
  expect(new Set(right.map(({ stdout }) => stdout)).size).toBe(right.length);
  expect(wrong.length).toBeLessThanOrEqual(limit * (rights + 1));
  const mostFailed = wrong.length + killed.length;
  if (locked.length > 0 || left === 0 || isGone) expect(mostFailed).toBeGreaterThanOrEqual(limit);
  expect(limit - left).toBeLessThanOrEqual(mostFailed);
  if (rights > 0) return;
  expect(limit - left).toBeGreaterThanOrEqual(wrong.length);
  const told = wrong.map(({ stderr }) => /\((\d+) attempts? left\)/.exec(stderr)?.[1]);
  expect(new Set(told).size).toBe(told.length);
}

/**
 * Who guesses in one round: sometimes the right PIN alone, sometimes nobody is killed. The first
 * round has right ones alone.
 */
function planRound(round: number): Plan[] {
  if (round === 0) return Array.from({ length: 12 }, () => ({ isRight: true, signal: null }));
  const [hasWrong, hasSignals, hasKills] = [happens(70), happens(70), happens(50)];
  const signals: (Signal | null)[] = [null, null];
  if (hasSignals) signals.push(...IN_ORDER);
  if (hasKills) signals.push("SIGKILL");
  return Array.from({ length: 2 + below(MOST_PROCESSES - 1) }, () => ({
    isRight: !hasWrong || happens(50),
    signal: oneOf(signals),
  }));
}

async function expectRightOpens(home: TestHome, name: string | null, limit: number): Promise<void> {
  expect(await run(home, { isRight: true, signal: null })).toMatchObject({ code: 0, stderr: "" });
  expect(await state(home, name)).toMatchObject({
    attemptsLeft: limit,
    locked: false,
    wiped: false,
  });
  expect(notes(home)).not.toContain('"pid"');
}

test(`${ROUNDS} mixes of right, wrong, killed and interrupted guesses at a token's PIN are judged fairly (SEED=${SEED})`, {
  timeout: ROUNDS * 120_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const limit = 3 + below(8);
    const atLimit = oneOf(["lock", "wipe"]);
    const home = await guarded(["ACME", "--policy", `attempts=${limit},at-limit=${atLimit}`]);
    const plans = planRound(round);
    const outcomes = await Promise.all(plans.map((plan) => run(home, plan, plans.length)));
    const { attemptsLeft, locked, wiped } = await state(home, "ACME");
    expect(locked).toBe(attemptsLeft === 0);
    if (atLimit === "lock") expect(wiped).toBe(false);
    expectFair(outcomes, limit, attemptsLeft, locked || wiped);
    if (!locked) await expectRightOpens(home, "ACME", limit);
  }
});

test(`${ROUNDS} mixes of right, wrong, killed and interrupted guesses at the app PIN are judged fairly (SEED=${SEED})`, {
  timeout: ROUNDS * 120_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const home = await guarded([]);
    const plans = planRound(round);
    const outcomes = await Promise.all(plans.map((plan) => run(home, plan, plans.length)));
    const { attemptsLeft, locked } = await state(home, null);
    expectFair(outcomes, 10, attemptsLeft, locked);
    if (!locked) await expectRightOpens(home, null, 10);
  }
});

test(`${ROUNDS} crowds of sixteen connections to an agent are judged fairly, and its end costs nothing (SEED=${SEED})`, {
  timeout: ROUNDS * 120_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const limit = 3 + below(8);
    const home = await guarded([
      "ACME",
      "--policy",
      `attempts=${limit},at-limit=${oneOf(["lock", "wipe"])}`,
    ]);
    expect(await home.fob(["unlock"])).toMatchObject({ exitCode: 0 });
    const agent: RunningAgent = JSON.parse((await home.fob(["agent", "status", "--json"])).stdout);
    const wrongs = round % 2 === 0 ? 0 : below(16);
    const outcomes = await askAtOnce(agent, wrongs);
    const { attemptsLeft, locked, wiped } = await state(home, "ACME");
    expectFair(outcomes, limit, attemptsLeft, locked || wiped);
    if (wrongs === 0) expect(outcomes.every(({ code }) => code === 0)).toBe(true);
    if (!locked) {
      await expectRightOpens(home, "ACME", limit);
      const denied = await endWhileItChecks(agent, home);
      expect(await state(home, "ACME")).toMatchObject({ attemptsLeft: limit - denied });
    }
    await home.fob(["lock"]);
  }
});

interface RunningAgent {
  readonly pid: number;
  readonly socket: string;
}

function askAtOnce({ socket }: RunningAgent, wrongs: number): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: 16 }, (_, i) => ask(socket, i >= wrongs)));
}

/**
 * Ends an agent in order, in the middle of sixteen wrong guesses. Returns how many of them were
 * checked all the same.
 */
async function endWhileItChecks({ pid, socket }: RunningAgent, home: TestHome): Promise<number> {
  let denied = 0;
  const clients = await Promise.all(Array.from({ length: 16 }, () => connectTo(socket)));
  for (const client of clients) {
    client.socket.on("error", () => undefined);
    void client.ask(JSON.stringify({ do: "code", name: "ACME", pin: WRONG })).then((reply) => {
      if (reply.includes('"denied"')) denied++;
    });
  }
  await until("a guess is noted", () => notes(home).includes(`"pid":${pid},`));
  process.kill(pid, "SIGTERM");
  await until("the agent has ended", () => !isAlive(pid));
  await Promise.all(clients.map(({ socket }) => socket.closed || once(socket, "close")));
  return denied;
}

/** A guess by a connection of its own, in the terms of a process. */
async function ask(socket: string, isRight: boolean): Promise<Outcome> {
  const client = await connectTo(socket);
  const pin = isRight ? RIGHT : WRONG;
  const { ok, error } = JSON.parse(
    await client.ask(JSON.stringify({ do: "code", name: "ACME", pin })),
  );
  client.socket.destroy();
  const code = ok ? 0 : ({ denied: 4, locked: 5 }[error.code as string] ?? 1);
  return {
    isRight,
    signal: null,
    code,
    by: null,
    stdout: ok?.code ?? "",
    stderr: error?.message ?? "",
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // no such process
    return false;
  }
}
