import { Readable, type Writable } from "node:stream";
import { expect, test } from "vitest";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { resolveGlobals } from "#cli/globals.ts";
import { run } from "#cli/run.ts";
import { Collector } from "../e2e/in-process.ts";

/** Runs a program whose one command fails so. */
async function runFailing(error: FobError, env: NodeJS.ProcessEnv = {}) {
  const fail = defineCommand({
    name: "fail",
    summary: "fails",
    arguments: {},
    options: {},
    examples: [{ command: "fob fail", explanation: "fails" }],
    run: () => Promise.reject(error),
    text: () => "",
    json: () => null,
  });
  const [stdout, stderr] = [new Collector(), new Collector()];
  const exitCode = await run(
    {
      version: "0",
      columns: undefined,
      commands: { fail: async () => fail },
      alone: async () => fail,
      resolveGlobals: (flags) => resolveGlobals(flags, env, () => "/nowhere"),
      createContext: () => ({}) as Context,
    },
    {
      argv: ["fail"],
      env,
      stdin: Readable.from([]) as NodeJS.ReadStream,
      stdout: stdout as Writable as NodeJS.WriteStream,
      stderr: stderr as Writable as NodeJS.WriteStream,
    },
  );
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

test("what a person has stopped ends without a word", async () => {
  expect(await runFailing(stoppedByPerson())).toEqual({ exitCode: 130, stdout: "", stderr: "" });
});

test("and with a trace where one is asked for", async () => {
  const { stderr } = await runFailing(stoppedByPerson(), { FOB_DEBUG: "1" });
  expect(stderr).toMatch(/^fob: interrupted\nFobError: interrupted\n/);
});

test("every other error is told, whatever its words are", async () => {
  const { exitCode, stderr } = await runFailing(new FobError("interrupted", "interrupted"));
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "fob: interrupted\n" });
});
