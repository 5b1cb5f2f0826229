import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;

/** Says when it is ready, and what it undoes; a number of milliseconds keeps it alive. */
const PROGRAM = `
  import { writeSync } from "node:fs";
  import { endBy, whenEnding } from "./base/ending.ts";
  const say = (text) => writeSync(1, text + "\\n");
  const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  process.once("SIGINT", endBy);
  new Function("whenEnding", "say", "later", process.argv[2])(whenEnding, say, later);
  setTimeout(() => {}, 60_000);
  say("ready");
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fob-ending-"));
  const resolveDir = fileURLToPath(new URL("../../src", import.meta.url));
  await build({
    stdin: { contents: PROGRAM, resolveDir },
    outfile: join(folder, "program.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script and sends it signals, each when it has said the line. */
async function run(
  script: string,
  ...steps: readonly (readonly [after: string, signal: NodeJS.Signals])[]
) {
  const child = spawn(process.execPath, [join(folder, "program.mjs"), script]);
  const ended = new Promise<readonly [number | null, string | null]>((resolve) => {
    child.once("close", (code, signal) => resolve([code, signal]));
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  for (const [after, signal] of steps) {
    await heard(child, () => text.includes(after));
    child.kill(signal);
  }
  const [code, signal] = await ended;
  return { said: text.trim().split("\n"), code, signal };
}

/** Throws when the process ends without having said it. */
async function heard(child: ChildProcess, isHeard: () => boolean): Promise<void> {
  while (!isHeard()) {
    await new Promise((resolve, reject) => {
      child.stdout?.once("data", resolve);
      child.once("close", () => reject(new Error("the process has ended")));
    });
  }
}

const TWO = `whenEnding(() => say("first")); whenEnding(async () => { await later(50); say("second"); });`;

test.each([
  ["SIGINT", 130, null],
  ["SIGTERM", null, "SIGTERM"],
  ["SIGHUP", null, "SIGHUP"],
] as const)(
  "%s ends the process in its own way once everything is undone",
  async (signal, code, by) => {
    expect(await run(TWO, ["ready", signal])).toEqual({
      said: ["ready", "first", "second"],
      code,
      signal: by,
    });
    expect(await run("", ["ready", signal])).toEqual({ said: ["ready"], code, signal: by });
  },
);

test("the newest is undone first, what is done is not undone, and one that fails keeps none from it", async () => {
  const script = `
    whenEnding(() => say("oldest"));
    const done = whenEnding(() => say("wrong"));
    whenEnding(() => { throw new Error("broken"); });
    whenEnding(() => say("newest"));
    done();`;
  expect((await run(script, ["ready", "SIGTERM"])).said).toEqual(["ready", "newest", "oldest"]);
});

test("process.exit undoes what can be undone at once", async () => {
  const script = `whenEnding(() => say("undone")); setTimeout(() => process.exit(7), 20);`;
  expect(await run(script)).toEqual({ said: ["ready", "undone"], code: 7, signal: null });
});

test("a second signal ends the process at once", async () => {
  const script = `whenEnding(async () => { say("begun"); await later(60_000); });`;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    expect(await run(script, ["ready", signal], ["begun", signal])).toEqual({
      said: ["ready", "begun"],
      code: null,
      signal,
    });
  }
});

test("a signal that somebody else listens to is theirs", async () => {
  const script = `
    whenEnding(() => say("undone"));
    process.on("SIGHUP", () => say("no end"));
    process.once("SIGTERM", () => process.exit(3));`;
  const outcome = await run(script, ["ready", "SIGHUP"], ["no end", "SIGTERM"]);
  expect(outcome).toEqual({ said: ["ready", "no end", "undone"], code: 3, signal: null });
});
