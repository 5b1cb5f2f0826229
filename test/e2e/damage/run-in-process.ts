import { Readable, type Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { FobError } from "#base/fob-error.ts";
import type { Context } from "#cli/context.ts";
import { resolveGlobals } from "#cli/globals.ts";
import type { Host } from "#cli/host.ts";
import { run } from "#cli/run.ts";
import { COMMANDS } from "#commands/commands.ts";
import { createContext } from "#entry/context.ts";
import { answerQuickly } from "#entry/quick-answers.ts";
import { Collector, type Outcome } from "../in-process.ts";

const BUILD = { version: "0", folder: fileURLToPath(new URL("../../../dist", import.meta.url)) };

/** What a command line may find in its environment besides. */
export interface Env {
  readonly FOB_PIN?: string;
  readonly FOB_GRANT?: string;
}

/**
 * Runs a command line in this process as `fob.ts` and `main.ts` do, a hundred times as fast as a
 * process of its own. It has no standard input, and one runs at a time. A pause between two looks
 * is left out: nobody else writes. The clock is `aheadMs` ahead of the machine's.
 */
export async function runInProcess(
  home: string,
  argv: readonly string[],
  more: Env = {},
  aheadMs = 0,
): Promise<Outcome> {
  const env: NodeJS.ProcessEnv = { FOB_HOME: home, FOB_KEYCHAIN: "file", ...more };
  const [stdout, stderr] = [new Collector(), new Collector()];
  const host: Host = {
    argv,
    env,
    stdin: Readable.from([]) as NodeJS.ReadStream,
    stdout: stdout as Writable as NodeJS.WriteStream,
    stderr: stderr as Writable as NodeJS.WriteStream,
  };
  try {
    const quick = await answerQuickly(argv, env);
    if (quick !== null) return { stdout: quick, stderr: "", exitCode: 0 };
    const exitCode = await run(
      {
        version: BUILD.version,
        columns: undefined,
        commands: COMMANDS,
        alone: async () => (await import("#commands/tokens/welcome.ts")).welcome,
        resolveGlobals: (flags) => resolveGlobals(flags, env, () => home),
        createContext: (globals, style) =>
          onNoMachine(createContext(BUILD, globals, style, host), aheadMs),
      },
      host,
    );
    return { stdout: stdout.text, stderr: stderr.text, exitCode };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return {
      stdout: stdout.text,
      stderr: `${stderr.text}fob: ${error.message}\n`,
      exitCode: error.exitCode,
    };
  }
}

/** What the machine has besides the home is not what is tested. */
function onNoMachine(context: Context, aheadMs: number): Context {
  const sensor = { ...context.sensor, describe: async () => "none" };
  const machine = { ...context.machine, check: async () => [] };
  const clock = () => new Date(Date.now() + aheadMs);
  return { ...context, sensor, machine, clock, sleep: async () => undefined };
}
