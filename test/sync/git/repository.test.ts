import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { gitProgram } from "#platform/program/git.ts";
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
});
