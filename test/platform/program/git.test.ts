import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { lifeHere, startOf } from "#base/processes.ts";
import { gitProgram } from "#platform/program/git.ts";
import { until } from "../../waiting.ts";

const SSH = "ssh -o ConnectTimeout=20";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-git-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** A program in the place of git; `maxSilence` in milliseconds. */
function programOf(script: string, env: Readonly<Record<string, string>> = {}, maxSilence = 100) {
  const git = join(folder, "git");
  writeFileSync(git, `#!/bin/sh\n${script}\n`);
  chmodSync(git, 0o755);
  const path = `${folder}:${process.env["PATH"]}`;
  const silences = { alone: maxSilence, asking: maxSilence };
  return gitProgram({ ...env, PATH: path }, { mayAsk: false, maxSilence: silences });
}

test("a git that says nothing at a remote is ended with all that it has started", async () => {
  const started = join(folder, "started");
  const run = programOf(`echo $$ > '${started}'; tail -f /dev/null`);
  await expect(run(["fetch"], { isAtRemote: true })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("does not answer"),
  });
  // on a busy machine it may be ended before its first line
  if (!existsSync(started)) return;
  const pid = Number(readFileSync(started, "utf8"));
  const running = { pid, started: startOf(pid) ?? "" };
  await until("its end", () => lifeHere(running) === "dead");
});

test("one that tells its progress may take longer than that, and work here longer still", async () => {
  const slow = "for i in 1 2 3 4 5 6 7 8; do echo $i >&2; sleep 0.25; done; echo done";
  const run = programOf(slow, {}, 1_500);
  const { exitCode, output } = await run(["fetch"], { isAtRemote: true });
  expect([exitCode, String(output)]).toEqual([0, "done\n"]);
  const quiet = programOf("sleep 0.3; echo done", {}, 100);
  expect((await quiet(["gc"])).exitCode).toBe(0);
});

test.each([
  ["", {}, SSH],
  ["GIT_SSH_COMMAND", { GIT_SSH_COMMAND: "own" }, "own"],
  ["GIT_SSH", { GIT_SSH: "own" }, ""],
] as const)("ssh gives up in time, unless %s names the user's own", async (_, env, expected) => {
  const run = programOf('printf %s "$GIT_SSH_COMMAND"', env, 60_000);
  const { output } = await run(["fetch"], { isAtRemote: true, ssh: SSH });
  expect(String(output)).toBe(expected);
});
