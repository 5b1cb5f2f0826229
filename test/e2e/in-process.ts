import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { FobError } from "#base/fob-error.ts";
import type { Host } from "#cli/host.ts";
import type { createContext } from "#entry/context.ts";
import { runProgram } from "#entry/program.ts";
import { answerQuickly } from "#entry/quick-answers.ts";

declare const FOB_VERSION: string;

/** What a run of the program left behind. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | undefined;
}

/** The programs that fob starts are the built ones. */
const BUILD = {
  version: FOB_VERSION,
  folder: fileURLToPath(new URL("../../dist", import.meta.url)),
};

/**
 * What of an environment this process need not have itself, because the program looks at it nowhere
 * but in its host.
 */
const OF_HOST = /^(?:FOB_|LC_|PATH$|SystemRoot$|HOME$|LANG$|NO_COLOR$|FORCE_COLOR$|TERM$)/;

/** Command lines that are about a process: its signals, descriptors, children and terminal. */
const OF_PROCESS =
  /^(?:run|lab serve|push listen)\b|^(?:shellenv)\b|(?:^| )--(?:watch|copy|pin-fd|exec|screen|clipboard|trace)\b|--pin-file -(?: |$)|\/dev\/|\/proc\//;

let isRunning = false;

/**
 * Whether a command line can be run here as in a process of its own. One at a time: the others of
 * several at once are processes.
 */
export function canRunHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): boolean {
  return (
    !isRunning &&
    env["FOB_HOME"] !== undefined &&
    env["FOB_PIN_FILE"] !== "-" &&
    Object.keys(env).every((name) => OF_HOST.test(name)) &&
    !OF_PROCESS.test(args.join(" "))
  );
}

/**
 * Runs the program in this process, as the executable does: first what it answers at once, then the
 * whole of it, with the context that `makeContext` makes.
 */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
  makeContext?: typeof createContext,
): Promise<Outcome> {
  return runIn((host) => answer(host, makeContext), args, env, input);
}

/** {@link runHere} without what is answered at once. */
export function runWholeHere(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return runIn((host) => runProgram(BUILD, host), args, env, "");
}

async function runIn(
  run: (host: Host) => Promise<number>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string,
): Promise<Outcome> {
  isRunning = true;
  const [stdout, stderr] = [new Collector(), new Collector()];
  try {
    const exitCode = await run({
      argv: args,
      env: { ...env },
      stdin: Readable.from(input === "" ? [] : [Buffer.from(input)]) as NodeJS.ReadStream,
      stdout: stdout as Writable as NodeJS.WriteStream,
      stderr: stderr as Writable as NodeJS.WriteStream,
    });
    return { stdout: stdout.text, stderr: stderr.text, exitCode };
  } finally {
    isRunning = false;
    // a test that asks again and again must let the event loop turn, as it would for a process
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function answer(host: Host, makeContext?: typeof createContext): Promise<number> {
  try {
    const quick = await answerQuickly(host.argv, host.env);
    if (quick === null) return await runProgram(BUILD, host, makeContext);
    host.stdout.write(quick);
    return 0;
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    host.stderr.write(`fob: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ""}`);
    return error.exitCode;
  }
}

/** A stream that is no terminal, and keeps what is written to it. */
export class Collector extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
