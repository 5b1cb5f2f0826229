import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { gitProgram } from "#platform/program/git.ts";
import type { GitAnswer, RunGit } from "#sync/git/git-program.ts";
import { createLocalRemote, Repository } from "#sync/git/repository.ts";

const DAY = 86_400_000;
const NOW = new Date("2030-06-01T00:00:00Z");
const ID = "0123456789abcdef";

describe("a device's copy of the repository", () => {
  const run = gitProgram(process.env, { mayAsk: false });
  let home: string;
  let repository: Repository;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "fob-repository-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    await createLocalRemote(join(home, "remote.git"), run);
    repository = new Repository(home, run);
    await repository.open(join(home, "remote.git"));
  });

  const git = (args: readonly string[], input = "") =>
    execFileSync("git", ["--git-dir", join(home, "sync"), ...args], { input })
      .toString()
      .trim();

  /** Commits with days between them, the newest of them `age` days ago; the newest one's id. */
  const history = (count: number, days: number, age = 0): string => {
    const commits = Array.from({ length: count }, (_, i) => {
      const at = Math.floor(NOW.getTime() / 1_000) - (age + (count - 1 - i) * days) * 86_400;
      return `commit refs/heads/own\ncommitter fob <fob@localhost> ${at} +0000\ndata 4\nsync\n`;
    });
    git(["fast-import", "--quiet"], commits.join("\n"));
    return git(["rev-parse", "refs/heads/own"]);
  };

  test.each([
    ["grows", 3, 100, 2],
    ["grows for a year", 2, 364, 0],
    ["is dropped after a year", 2, 366, 0],
    ["is dropped after a year without a commit", 1, 0, 366],
    ["grows to 10,000 commits", 9_999, 0, 0],
    ["is dropped after 10,000 commits", 10_000, 0, 0],
  ])("its history %s (%i commits)", async (what, count, days, age) => {
    const parent = history(count, days, age);
    const files = new Map([["head.age", Buffer.from("head")]]);
    const commit = await repository.commit(files, parent, NOW);
    const length = Number(git(["rev-list", "--count", commit]));
    expect(length).toBe(what.includes("dropped") ? 1 : count + 1);
    expect([...(await repository.files(commit)).keys()]).toEqual(["head.age"]);
  });

  test("sends a history that was dropped in place of the one before", async () => {
    const parent = history(2, 200, 0);
    const files = new Map([["head.age", Buffer.from("head")]]);
    expect(await repository.push(ID, parent, null)).toBe(true);
    const later = new Date(NOW.getTime() + 200 * DAY);
    const commit = await repository.commit(files, parent, later);
    expect(await repository.push(ID, commit, parent)).toBe(true);
    expect((await repository.fetch()).devices.get(ID)).toBe(commit);
  });

  test.each([
    "HEAD.lock",
    "config.lock",
    "packed-refs.lock",
    `refs/remotes/origin/fob/${ID}.lock`,
    "refs/heads/own.lock",
  ])("works on after a git was killed that left %s", async (lock) => {
    const files = new Map([["head.age", Buffer.from("head")]]);
    const commit = await repository.commit(files, null, NOW);
    expect(await repository.push(ID, commit, null)).toBe(true);
    await repository.fetch();
    writeFileSync(join(home, "sync", lock), "");
    await repository.open(join(home, "remote.git"));
    const next = await repository.commit(files, commit, new Date(NOW.getTime() + DAY));
    writeFileSync(join(home, "remote.git", `refs/heads/fob/${ID}.lock`), "");
    expect(await repository.push(ID, next, commit)).toBe(true);
    expect((await repository.fetch()).devices.get(ID)).toBe(next);
  });

  const remoteGit = (...args: readonly string[]) =>
    execFileSync("git", ["--git-dir", join(home, "remote.git"), ...args])
      .toString()
      .trim();

  const publish = async (id: string) => {
    const files = new Map([["head.age", Buffer.from(`head of ${id}`)]]);
    const commit = await repository.commit(files, null, NOW);
    expect(await repository.push(id, commit, null)).toBe(true);
    return commit;
  };

  test("fetches the other branches where one names an object that is missing", async () => {
    const other = "fedcba9876543210";
    const gone = await publish(other);
    const commit = await publish(ID);
    rmSync(join(home, "remote.git/objects", gone.slice(0, 2), gone.slice(2)));
    rmSync(join(home, "sync"), { recursive: true });
    await repository.open(join(home, "remote.git"));
    const { devices, broken } = await repository.fetch();
    expect([...devices]).toEqual([[ID, commit]]);
    // git shows such a branch to nobody, or shows it and cannot send it
    expect([[], [other]]).toContainEqual([...broken.keys()]);
  });

  test("fetches the other branches where one holds what git refuses", async () => {
    const commit = await publish(ID);
    const other = "fedcba9876543210";
    const blob = execFileSync(
      "git",
      ["-C", join(home, "remote.git"), "hash-object", "-w", "--stdin"],
      {
        input: "x",
      },
    );
    const tree = Buffer.concat([
      Buffer.from("100644 .git\0"),
      Buffer.from(String(blob).trim(), "hex"),
    ]);
    const id = execFileSync(
      "git",
      ["-C", join(home, "remote.git"), "hash-object", "-w", "--literally", "-t", "tree", "--stdin"],
      { input: tree },
    );
    const text = `tree ${String(id).trim()}\nauthor a <a@a> 0 +0000\ncommitter a <a@a> 0 +0000\n\nx\n`;
    const bad = execFileSync(
      "git",
      ["-C", join(home, "remote.git"), "hash-object", "-w", "-t", "commit", "--stdin"],
      { input: text },
    );
    remoteGit("update-ref", `refs/heads/fob/${other}`, String(bad).trim());
    const { devices, broken } = await repository.fetch();
    expect([...devices]).toEqual([[ID, commit]]);
    expect([...broken.keys()]).toEqual([other]);
  });

  test.each(["an object", "its HEAD"])("knows that %s of the copy is damaged", async (what) => {
    const commit = await publish(ID);
    expect(await repository.isDamaged()).toBe(false);
    const object = `objects/${commit.slice(0, 2)}/${commit.slice(2)}`;
    const file = join(home, "sync", what === "its HEAD" ? "HEAD" : object);
    rmSync(file);
    writeFileSync(file, "");
    await expect(repository.files(commit)).rejects.toMatchObject({ code: "unavailable" });
    expect(await repository.isDamaged()).toBe(true);
    repository.remove();
    expect(await repository.open(join(home, "remote.git"))).toBe(true);
    expect((await repository.fetch()).devices.get(ID)).toBe(commit);
    expect(await repository.isDamaged()).toBe(false);
  });

  test("takes a remote that is away for no damage of the copy", async () => {
    await publish(ID);
    rmSync(join(home, "remote.git"), { recursive: true });
    await expect(repository.fetch()).rejects.toMatchObject({ code: "unavailable" });
    expect(await repository.isDamaged()).toBe(false);
  });

  test("forgets the address that former versions wrote into the copy", async () => {
    git(["config", "remote.origin.url", "ssh://planted.example/tokens.git"]);
    await repository.open(join(home, "remote.git"));
    expect(readFileSync(join(home, "sync/config"), "utf8")).not.toContain("planted");
  });

  test("removes the lock of a push that was killed also at an address with file:", async () => {
    const commit = await publish(ID);
    const files = new Map([["head.age", Buffer.from("next")]]);
    const next = await repository.commit(files, commit, NOW);
    writeFileSync(join(home, "remote.git", `refs/heads/fob/${ID}.lock`), "");
    await repository.open(`file://${join(home, "remote.git")}`);
    expect(await repository.push(ID, next, commit)).toBe(true);
  });
});

test("a person is told what is waited for, once it takes seconds", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const told: string[] = [];
  let answer: (answer: GitAnswer) => void = () => undefined;
  const run: RunGit = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const repository = new Repository("/nowhere", run, (place) => void told.push(place));
  const opening = repository.open("https://git.example/tokens.git").catch(() => undefined);
  answer({ exitCode: 1, output: Buffer.alloc(0), remarks: "" });
  await opening;
  const names = repository.names();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told).toEqual(["git.example"]);
  answer({ exitCode: 0, output: Buffer.from("0\tHEAD\n0\trefs/heads/x\n"), remarks: "" });
  expect(await names).toEqual(["refs/heads/x"]);
});
