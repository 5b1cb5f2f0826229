import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { lifeOf, type ProcessIdentity, thisProcess } from "#base/process-identity.ts";
import { updateCell } from "#vault/cells/cell.ts";
import { attemptsCell } from "#vault/cells/layout.ts";
import {
  type Attempts,
  type AttemptsState,
  attemptsOfApp,
  attemptsOfToken,
  failedAttempts,
  isDamaged,
  type NotedGuess,
  updateAttempts,
} from "#vault/pins/attempts.ts";
import { type Guess, judge } from "#vault/pins/guess.ts";

const LIMIT = 3;
const ID = "0123456789abcdef";

function newAttempts(): Attempts {
  const home = mkdtempSync(join(tmpdir(), "fob-guess-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return attemptsOfToken({ layout: { home, vaultId: "vault" }, vaultKey: Buffer.alloc(32, 7) }, ID);
}

function layoutOf({ cell }: Attempts) {
  return { home: dirname(dirname(dirname(cell.folder))), vaultId: "vault" };
}

function guess(result: string | null, more: Partial<Guess<string>> = {}): Guess<string> {
  return { limit: LIMIT, check: async () => result, ...more };
}

function stateOf(attempts: Attempts, limit = LIMIT): AttemptsState {
  let seen: AttemptsState | null = null;
  updateAttempts(attempts, limit, (state) => {
    seen = state;
    return state;
  });
  if (!seen) throw new Error("no state");
  return seen;
}

/** Notes guesses of other processes. */
function note(attempts: Attempts, ...processes: readonly ProcessIdentity[]): NotedGuess[] {
  const guesses = processes.map((one, i) => ({ ...one, nonce: `other ${i}`, isForgiven: false }));
  updateAttempts(attempts, LIMIT, (state) => ({ ...state, underWay: guesses }));
  return guesses;
}

const elsewhere: ProcessIdentity = { pid: 1, started: "1", place: "another machine" };

function deadProcess(): ProcessIdentity {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  return { ...thisProcess(), pid };
}

/** Damages every file of the cell, as long ago that nobody can be writing it. */
function writeGarbage({ cell: { folder } }: Attempts, bytes: string | Buffer): void {
  mkdirSync(folder, { recursive: true });
  const [name = "1"] = readdirSync(folder);
  writeFileSync(join(folder, name), bytes);
}

test("a process is told from a dead one, and from those that nobody can judge", async () => {
  expect(lifeOf(thisProcess())).toBe("running");
  expect(lifeOf(deadProcess())).toBe("dead");
  expect(lifeOf({ ...thisProcess(), started: "long ago" })).toBe("dead");
  expect(lifeOf({ ...thisProcess(), place: "another boot" })).toBe("unknown");
  expect(lifeOf({ ...thisProcess(), started: "" })).toBe("unknown");
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  expect(lifeOf({ ...thisProcess(), pid: child.pid ?? 0 })).toBe("dead");
});

test("a wrong guess counts, a right one forgets, and the limit locks", async () => {
  const attempts = newAttempts();
  expect(await judge(attempts, guess(null))).toEqual({ opened: null, attemptsLeft: 2 });
  expect(await judge(attempts, guess("key"))).toEqual({ opened: "key" });
  expect(failedAttempts(attempts, LIMIT)).toBe(0);
  const reached: string[] = [];
  for (const left of [2, 1, 0]) {
    const atLimit = () => reached.push(`after ${left}`);
    expect(await judge(attempts, guess(null, { atLimit }))).toEqual({
      opened: null,
      attemptsLeft: left,
    });
  }
  const check = () => Promise.reject(new Error("nobody may look at it"));
  const atLimit = () => reached.push("again");
  await expect(judge(attempts, guess("key", { check, atLimit }))).rejects.toMatchObject({
    code: "locked",
  });
  expect(reached).toEqual(["after 0", "again"]);
});

test("killed guesses may lock, and never wipe, whatever comes after them", async () => {
  const reached: string[] = [];
  const atLimit = () => reached.push("the limit");
  for (let killed = 1; killed <= LIMIT; killed++) {
    const attempts = newAttempts();
    updateAttempts(attempts, LIMIT, (state) => ({
      ...state,
      underWay: Array.from({ length: killed }, (_, i) => ({
        ...deadProcess(),
        nonce: `${i}`,
        isForgiven: false,
      })),
    }));
    for (let left = LIMIT - killed - 1; left >= 0; left--) {
      expect(await judge(attempts, guess(null, { atLimit }))).toEqual({
        opened: null,
        attemptsLeft: left,
      });
    }
    await expect(judge(attempts, guess("key", { atLimit }))).rejects.toMatchObject({
      code: "locked",
    });
  }
  expect(reached).toEqual([]);
});

test("never more are checked at once than are left, nor than eight", async () => {
  for (const limit of [1, 3, 20]) {
    const attempts = newAttempts();
    const may = Math.min(limit, 8);
    const waiting: (() => void)[] = [];
    let [now, most] = [0, 0];
    const check = async () => {
      most = Math.max(most, ++now);
      if (now === may) void letGo();
      await new Promise<void>((resolve) => waiting.push(resolve));
      now--;
      return "key";
    };
    // all that may be checked at once are: the others have their turns to be one too many
    const letGo = async () => {
      for (let turns = 0; turns < 5; turns++) await nextTurn();
      for (const go of waiting.splice(0)) go();
    };
    const verdicts = await Promise.all(
      Array.from({ length: 24 }, () => judge(attempts, { limit, check })),
    );
    expect(verdicts).toEqual(Array.from({ length: 24 }, () => ({ opened: "key" })));
    expect(most).toBe(may);
    expect(stateOf(attempts, limit)).toEqual({ wrong: 0, underWay: [], doubt: null });
  }
});

test("of many wrong ones exactly the limit are checked, and each is told another number", async () => {
  const attempts = newAttempts();
  let checked = 0;
  const check = async () => {
    checked++;
    return null;
  };
  const verdicts = await Promise.allSettled(
    Array.from({ length: 10 }, () => judge(attempts, guess(null, { check, limit: 5 }))),
  );
  expect(checked).toBe(5);
  const left = verdicts.flatMap((one) =>
    one.status === "fulfilled" && one.value.opened === null ? [one.value.attemptsLeft] : [],
  );
  expect(left.sort()).toEqual([0, 1, 2, 3, 4]);
});

test("what is thrown before the check is done takes the guess back", async () => {
  const attempts = newAttempts();
  const check = () => {
    expect(stateOf(attempts).underWay).toHaveLength(1);
    return Promise.reject(new Error("the keychain is gone"));
  };
  await expect(judge(attempts, guess(null, { check }))).rejects.toThrow("the keychain is gone");
  expect(stateOf(attempts)).toEqual({ wrong: 0, underWay: [], doubt: null });
});

test("guesses of dead processes count as wrong, until a right one", async () => {
  const attempts = newAttempts();
  note(attempts, deadProcess());
  expect(failedAttempts(attempts, LIMIT)).toBe(1);
  expect(await judge(attempts, guess(null))).toEqual({ opened: null, attemptsLeft: 1 });
  note(attempts, deadProcess());
  await expect(judge(attempts, guess("key"))).rejects.toMatchObject({ code: "locked" });
});

test("a guess of which nobody knows is waited for, then it counts; after a right one it does not", async () => {
  const attempts = newAttempts();
  note(attempts, elsewhere, elsewhere);
  // there is room for one more
  expect(await judge(attempts, guess("key", { patienceMs: 60_000 }))).toEqual({ opened: "key" });
  expect(stateOf(attempts).underWay.map(({ isForgiven }) => isForgiven)).toEqual([true, true]);
  expect(await judge(attempts, guess(null, { patienceMs: 100 }))).toEqual({
    opened: null,
    attemptsLeft: 2,
  });
  // both are given up, and neither counts
  expect(await judge(attempts, guess(null, { patienceMs: 100 }))).toEqual({
    opened: null,
    attemptsLeft: 1,
  });
  note(attempts, elsewhere);
  // it may lock, and it must not wipe
  const atLimit = () => expect.unreachable("nobody saw that it was wrong");
  await expect(judge(attempts, guess("key", { patienceMs: 100, atLimit }))).rejects.toMatchObject({
    code: "locked",
  });
  await expect(judge(attempts, guess("key", { atLimit }))).rejects.toMatchObject({
    code: "locked",
  });
  expect(isDamaged(attempts)).toBe(false);
});

test("a process that has stopped makes others fail after a while, and changes nothing", async () => {
  const attempts = newAttempts();
  note(attempts, thisProcess(), thisProcess(), thisProcess());
  const before = stateOf(attempts);
  await expect(judge(attempts, guess("key", { patienceMs: 100 }))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining(`another process (${process.pid}, `),
  });
  expect(stateOf(attempts)).toEqual(before);
});

test("a right PIN leaves the guesses of others under way", async () => {
  const attempts = newAttempts();
  const [other] = note(attempts, thisProcess());
  expect(await judge(attempts, guess("key"))).toEqual({ opened: "key" });
  expect(stateOf(attempts).underWay).toEqual([other]);
});

test("a count of an earlier version is read, and moved under a name that tells nothing", async () => {
  const attempts = newAttempts();
  const former = attemptsCell(layoutOf(attempts), ID);
  updateCell(former, () => Buffer.from("2"));
  expect(failedAttempts(attempts, LIMIT)).toBe(2);
  expect(existsSync(former.folder)).toBe(true);
  expect(await judge(attempts, guess(null))).toEqual({ opened: null, attemptsLeft: 0 });
  expect(readdirSync(dirname(former.folder))).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(attempts.cell.folder).not.toContain(ID);
  await expect(judge(attempts, guess("key"))).rejects.toMatchObject({ code: "locked" });
});

test.each([
  ["garbage", "no checksum"],
  ["nothing", ""],
  ["a byte more", null],
])("a file with %s leaves one guess: the right one mends it", async (_, bytes) => {
  const attempts = newAttempts();
  await judge(attempts, guess(null));
  const [name = ""] = readdirSync(attempts.cell.folder);
  writeGarbage(attempts, bytes ?? Buffer.concat([Buffer.alloc(500), Buffer.from(name)]));
  expect(isDamaged(attempts)).toBe(true);
  expect(failedAttempts(attempts, LIMIT)).toBe(LIMIT - 1);
  expect(await judge(attempts, guess("key"))).toEqual({ opened: "key" });
  expect(stateOf(attempts)).toEqual({ wrong: 0, underWay: [], doubt: null });
  expect(isDamaged(attempts)).toBe(false);
});

test.each([
  "{}",
  "[]",
  "null",
  "-1",
  "1e9",
  '{"version":2,"wrong":-1,"underWay":[],"doubt":null}',
  "12 ",
])(
  "the value %s counts as damaged, and a wrong guess then locks and wipes nothing",
  async (value) => {
    const attempts = newAttempts();
    updateCell(attempts.cell, () => Buffer.from(value));
    const atLimit = () => expect.unreachable("a count that nobody knows must not wipe");
    expect(await judge(attempts, guess(null, { atLimit }))).toEqual({
      opened: null,
      attemptsLeft: 0,
    });
    await expect(judge(attempts, guess("key", { atLimit }))).rejects.toMatchObject({
      code: "locked",
    });
  },
);

test("a file in the place of the folder is set aside", async () => {
  const attempts = newAttempts();
  mkdirSync(dirname(attempts.cell.folder), { recursive: true });
  writeFileSync(attempts.cell.folder, "foreign");
  expect(failedAttempts(attempts, LIMIT)).toBe(LIMIT - 1);
  expect(await judge(attempts, guess("key"))).toEqual({ opened: "key" });
  expect(failedAttempts(attempts, LIMIT)).toBe(0);
  expect(readdirSync(join(layoutOf(attempts).home, "vault"))).toContainEqual(
    expect.stringMatching(/^damaged-attempts-/),
  );
});

test("a count of a newer version is refused by name, and stays", async () => {
  const attempts = attemptsOfApp(layoutOf(newAttempts()));
  const value = '{"version":3,"wrong":0,"underWay":[],"doubt":null}';
  updateCell(attempts.cell, () => Buffer.from(value));
  await expect(judge(attempts, guess("key"))).rejects.toMatchObject({
    code: "invalid",
    message: "the count of wrong PINs was written by a newer fob",
  });
});
