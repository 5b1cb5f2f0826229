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

test("one that tells its progress is not ended, nor one that works here", async () => {
  const go = join(folder, "go");
  const script = `case $1 in
silent) tail -f /dev/null ;;
told) until [ -e '${go}' ]; do echo . >&2; done ;;
here) until [ -e '${go}' ]; do :; done ;;
esac`;
  const run = programOf(script, {}, 1_500);
  const runs = [run(["told"], { isAtRemote: true }), run(["here"])];
  await expect(run(["silent"], { isAtRemote: true })).rejects.toMatchObject({
    code: "unavailable",
  });
  writeFileSync(go, "");
  expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
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
