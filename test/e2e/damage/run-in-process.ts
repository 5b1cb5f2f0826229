import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { FobError } from "#base/fob-error.ts";
import type { Context } from "#cli/context.ts";
import { resolveGlobals } from "#cli/globals.ts";
import { run } from "#cli/run.ts";
import { COMMANDS } from "#commands/commands.ts";
import { createContext } from "#entry/context.ts";
import { passcode } from "#entry/quick-answers.ts";
import type { Outcome } from "../fob.ts";

const BUILD = { version: "0", folder: fileURLToPath(new URL("../../../dist", import.meta.url)) };

/** What a command line may find in its environment besides. */
export interface Env {
  readonly FOB_PIN?: string;
  readonly FOB_GRANT?: string;
}

/**
 * Runs a command line in this process as `entry/fob.ts` and `entry/main.ts` do, a hundred times as fast as a process of its own. It has no standard input, and one
 * runs at a time. A pause between two looks is left out: nobody else writes.
 */
export async function runInProcess(home: string, argv: readonly string[], more: Env = {}): Promise<Outcome> {
  const env: NodeJS.ProcessEnv = { FOB_HOME: home, FOB_KEYCHAIN: "file", ...more };
  const heard = { stdout: "", stderr: "" };
  const stop = listen(heard);
  const before = { FOB_HOME: process.env["FOB_HOME"], FOB_KEYCHAIN: process.env["FOB_KEYCHAIN"] };
  Object.assign(process.env, env);
  try {
    const quick = await answerAtOnce(argv);
    if (quick !== null) return { ...heard, stdout: quick, exitCode: 0 };
    const exitCode = await run(
      {
        version: BUILD.version,
        commands: COMMANDS,
        alone: async () => (await import("#commands/tokens/welcome.ts")).welcome,
        resolveGlobals: (flags) => resolveGlobals(flags, env, () => home),
        createContext: (globals, style) => onNoMachine(createContext(BUILD, globals, style)),
      },
      { argv, env, stdout: capture(heard, "stdout"), stderr: capture(heard, "stderr") },
    );
    return { ...heard, exitCode };
  } catch (error) {
    if (error instanceof FobError) return { ...heard, stderr: `fob: ${error.message}\n`, exitCode: error.exitCode };
    throw error;
  } finally {
    stop();
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    delete process.env["FOB_PIN"];
    delete process.env["FOB_GRANT"];
  }
}

/** What the machine has besides the home is not what is tested. */
function onNoMachine(context: Context): Context {
  const sensor = { ...context.sensor, describe: async () => "none" };
  const machine = { ...context.machine, check: async () => [] };
  // a grant that was made a minute ago is one that is being made no more
  const clock = () => new Date(Date.now() + 120_000);
  return { ...context, sensor, machine, clock, sleep: async () => undefined };
}

/** What the fast path prints; null where it leaves the answer to the whole program. */
async function answerAtOnce(argv: readonly string[]): Promise<string | null> {
  const [command, one = "", ...rest] = argv;
  return command === "code" && rest.length === 0 ? passcode(one) : null;
}

type Heard = { stdout: string; stderr: string };

function capture(heard: Heard, which: keyof Heard): NodeJS.WriteStream {
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      heard[which] += text;
      done();
    },
  });
  return stream as unknown as NodeJS.WriteStream;
}

/** What a context says by itself goes to the process's own streams. */
function listen(heard: Heard): () => void {
  const original = process.stderr.write;
  process.stderr.write = (text: string | Uint8Array) => {
    heard.stderr += text;
    return true;
  };
  return () => {
    process.stderr.write = original;
  };
}
