import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { letJoin, namesOf, ok, twoHomes } from "./two-homes.ts";

const MONTH = 30 * 86_400_000;
const START = Date.parse("2030-01-01T00:00:00Z");

// homes run in this process, so they live in its time
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: START }));
afterEach(() => void vi.useRealTimers());

const later = (months: number) => vi.setSystemTime(Date.now() + months * MONTH);

test("a device that was away for two years checks and takes over what others have squashed", async () => {
  const { laptop, desktop, remote } = await twoHomes([TOTP_URI]);
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["--git-dir", remote, ...args])
      .toString()
      .trim();
  const [{ id: self }] = await ok(laptop, ["sync", "members"]);
  const length = () => Number(git("rev-list", "--count", `refs/heads/fob/${self}`));
  let longest = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (let month = 0; month < 26; month += 2) {
    later(2);
    await ok(laptop, ["rename", await onlyId(laptop), `name ${month}`]);
    await ok(laptop, ["sync"]);
    longest = Math.max(longest, length());
    if (month > 2) shortest = Math.min(shortest, length());
    // a state that the host may show again
    if (month === 6) cpSync(remote, `${remote}.old`, { recursive: true });
  }
  // what was there at the beginning, and a year of months
  expect(longest).toBeLessThan(12);
  expect(shortest).toBe(1);

  const phone = testHome();
  await letJoin(laptop, phone, "phone");
  await ok(laptop, ["sync", "remove", "phone", "--yes"]);
  expect(await ok(desktop, ["sync"])).toMatchObject({ changed: ["name 24"] });
  expect(await namesOf(desktop)).toEqual(["name 24"]);

  // a host cannot pass an older state off as squashed: number and hash of the statement are older
  rmSync(remote, { recursive: true });
  cpSync(`${remote}.old`, remote, { recursive: true });
  git("update-ref", `refs/heads/fob/${self}`, squashed(git, `refs/heads/fob/${self}`));
  const refused = await desktop.fob(["sync"]);
  expect(refused).toMatchObject({ exitCode: 7 });
  expect(refused.stderr).toContain("gone back");
  expect(await namesOf(desktop)).toEqual(["name 24"]);
});

test("a host that drops or invents history, and leaves the files, changes nothing", async () => {
  const { laptop, desktop, remote } = await twoHomes([TOTP_URI]);
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["--git-dir", remote, ...args])
      .toString()
      .trim();
  await ok(laptop, ["sync"]);
  await ok(desktop, ["sync"]);
  const [{ id: self }] = await ok(laptop, ["sync", "members"]);
  git("update-ref", `refs/heads/fob/${self}`, squashed(git, `refs/heads/fob/${self}`));
  for (const home of [desktop, laptop])
    expect(await ok(home, ["sync"])).toMatchObject({ changed: [], added: [], removed: [] });
  await ok(laptop, ["rename", "Example", "work"]);
  await ok(laptop, ["sync"]);
  expect(await ok(desktop, ["sync"])).toMatchObject({ changed: ["work"] });
});

/** A commit with the files of another one, and without its history. */
function squashed(git: (...args: readonly string[]) => string, branch: string): string {
  return git(
    ...["-c", "user.name=host", "-c", "user.email=host@localhost"],
    ...["commit-tree", `${branch}^{tree}`, "-m", "squashed"],
  );
}

async function onlyId(home: TestHome): Promise<string> {
  const [{ id }] = await ok(home, ["list"]);
  return id;
}
