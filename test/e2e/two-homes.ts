import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type TestHome, testHome } from "./fob.ts";
import { violations } from "./schemas.ts";

/** Has something removed later. */
type WhenDone = (remove: () => void) => void;

/** A folder that vanishes after the test. */
function folder(whenDone: WhenDone): string {
  const path = mkdtempSync(join(tmpdir(), "fob-remote-"));
  whenDone(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Runs a command that must succeed; its JSON. */
export async function ok(home: TestHome, args: readonly string[], input = "") {
  const outcome = await home.fob([...args, "--json"], { input });
  expect(outcome, `${args.join(" ")}: ${outcome.stderr}`).toMatchObject({ exitCode: 0 });
  return JSON.parse(outcome.stdout || "null");
}

/** Enrolls tokens. */
export async function enroll(home: TestHome, ...strings: readonly string[]): Promise<void> {
  await ok(home, ["enroll", "-"], strings.join("\n"));
}

/** The names of all tokens. */
export async function namesOf(home: TestHome): Promise<readonly string[]> {
  const listed = await ok(home, ["list"]);
  return listed.map(({ name }: { name: string }) => name);
}

/** Lets a home join as this device. */
export async function letJoin(member: TestHome, home: TestHome, name: string): Promise<void> {
  const { invitation } = await ok(member, ["sync", "invite"]);
  const request = await ok(home, ["sync", "join", "-", "--name", name], invitation);
  expect(violations("sync-join", request)).toEqual([]);
  const { requests } = await ok(member, ["sync"]);
  expect(requests).toEqual([{ name, words: request.words }]);
  const approved = await ok(member, ["sync", "--approve", request.words]);
  expect(approved.approved).toEqual([name]);
  await ok(home, ["sync"]);
}

/** Two homes that share a remote; the second one is called desktop. */
export async function twoHomes(strings: readonly string[], whenDone: WhenDone = onTestFinished) {
  const remote = join(folder(whenDone), "tokens.git");
  const [laptop, desktop] = [testHome(whenDone), testHome(whenDone)];
  await enroll(laptop, ...strings);
  const { recoveryIdentity } = await ok(laptop, ["sync", "init", remote, "--name", "laptop"]);
  await ok(laptop, ["sync", "add", "--all"]);
  await letJoin(laptop, desktop, "desktop");
  return { remote, laptop, desktop, recoveryIdentity };
}
