import { asFobError } from "../file-error.ts";
import { printable } from "../token/printable.ts";
import type { AnyCommand } from "./command.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import { write } from "./output.ts";
import { type Invocation, parseCommandLine } from "./program.ts";
import { formatError, formatJson } from "./report.ts";
import { type Style, styleFor } from "./style.ts";

/** What a run of the program works with: its arguments and everything of the process that it touches. */
export interface Process {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The program: its commands, and how their surroundings are made from the global options. */
export interface Program {
  readonly version: string;
  readonly commands: readonly AnyCommand[];
  resolveGlobals(flags: Invocation["flags"]): Globals;
  createContext(globals: Globals, style: Style): Context;
}

/** Runs one command line and returns the exit code. The one place where errors become words and codes. */
export async function run(program: Program, { argv, env, stdout, stderr }: Process): Promise<number> {
  try {
    const parsed = await parseCommandLine(argv, program.commands, program.version);
    if ("text" in parsed) {
      stdout.write(parsed.text);
      return 0;
    }
    return await runCommand(program, parsed.invocation, { argv, env, stdout, stderr });
  } catch (thrown) {
    const error = asFobError(thrown);
    // whoever pressed Ctrl-C knows it
    if (error.message !== "interrupted") stderr.write(formatError(error, argv.includes("--json")));
    if (env["FOB_DEBUG"] && env["FOB_DEBUG"] !== "0") stderr.write(`${trace(thrown)}\n`);
    return error.exitCode;
  }
}

async function runCommand(
  program: Program,
  { command, input, flags }: Invocation,
  { env, stdout, stderr }: Process,
): Promise<number> {
  const globals = program.resolveGlobals(flags);
  const isTerminal = stdout.isTTY ?? false;
  const isSpoken = globals.spoken === "everywhere" || (isTerminal && globals.spoken === "terminal");
  const style = styleFor({ isTerminal, columns: stdout.columns, noColor: !globals.color, isSpoken, env });
  const result = await command.run(input as never, program.createContext(globals, style));
  const text = globals.json ? formatResult(command.json(result)) : command.text(result, style);
  if (text !== "") await write(stdout, `${text}\n`);
  if (!globals.quiet) for (const note of command.notes?.(result) ?? []) stderr.write(`${printable(note)}\n`);
  return command.exitCode?.(result) ?? 0;
}

/** Nothing for a result that was printed as it came. */
function formatResult(json: unknown): string {
  return json === undefined ? "" : formatJson(json);
}

function trace(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const trace = [thrown.stack, thrown.cause instanceof Error ? `caused by ${thrown.cause.stack}` : ""].join("\n");
  return trace.split("\n").map(printable).join("\n");
}
