import type { CommandInput } from "#agent/protocol/command-protocol.ts";
import type { FobError } from "#base/fob-error.ts";
import { inEnglish } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { AnyCommand, ArgumentDefinition } from "#cli/command.ts";
import { jsonPieces } from "#cli/output/json.ts";
import { write } from "#cli/output/output.ts";
import { inLines, writeLines } from "#cli/output/remark.ts";
import { formatFailures, formatNote } from "#cli/output/report.ts";
import { type Style, styleFor } from "#cli/output/style.ts";
import { chooseUnlessWrong } from "#cli/settings/settings.ts";
import { missingArgument } from "./command-line/complaint.ts";
import { type Invocation, parseCommandLine, type Vocabulary } from "./command-line/parse.ts";
import type { Context } from "./context.ts";
import { reportFailure } from "./failure.ts";
import type { Globals } from "./globals.ts";
import type { Host } from "./host.ts";

/** The program: its commands, and the creation of their context from the global options. */
export interface Program extends Vocabulary {
  resolveGlobals(flags: Invocation["flags"]): Globals;
  createContext(globals: Globals, style: Style, command: AnyCommand): Context;
}

/**
 * Runs one command line and returns the exit code. Only here are errors printed and mapped to exit
 * codes.
 */
export async function run(program: Program, host: Host): Promise<number> {
  try {
    const parsed = await parseCommandLine(host.argv, program);
    if ("text" in parsed) {
      await write(host.stdout, parsed.text);
      return 0;
    }
    return await runCommand(program, parsed.invocation, host);
  } catch (thrown) {
    return reportFailure(thrown, host);
  }
}

async function runCommand(
  program: Program,
  { command, input, flags }: Invocation,
  { stdout, stderr }: Host,
): Promise<number> {
  const globals = program.resolveGlobals(flags);
  const isTerminal = stdout.isTTY ?? false;
  const isSpoken = globals.spoken === "everywhere" || (isTerminal && globals.spoken === "terminal");
  const style = await styleFor({
    isTerminal,
    columns: stdout.columns,
    color: chooseUnlessWrong(globals.settings, "color"),
    isSpoken,
  });
  const context = program.createContext(globals, style, command);
  const result = await execute({ command, input }, context);
  await print(command, result, { globals, style, context, stdout });
  await emptyTrash(context, (remark) => {
    if (!globals.quiet) writeLines(stderr, formatNote(remark, globals.json));
  });
  const notes = globals.quiet ? [] : (command.notes?.(result) ?? []);
  for (const note of notes) writeLines(stderr, formatNote(note, globals.json));
  await command.goOn?.(result);
  return (
    reportFailures(command.failures?.(result) ?? [], globals, stderr) ??
    command.exitCode?.(result) ??
    0
  );
}

interface Printing {
  readonly globals: Globals;
  readonly style: Style;
  readonly context: Pick<Context, "page">;
  readonly stdout: NodeJS.WriteStream;
}

/** Prints a result. A person sees it page by page where it is a list longer than the terminal. */
async function print(
  command: AnyCommand,
  result: unknown,
  { globals, style, context, stdout }: Printing,
): Promise<void> {
  const isForPerson = stdout.isTTY === true && !globals.json;
  const inWords = () => command.text(result, style);
  const text = isForPerson ? (command.isData ? inWords() : inLines(inWords(), style)) : null;
  if (text !== null && command.isPaged && (await context.page(text))) return;
  const show = () => (globals.json ? jsonPieces(command.json(result)) : line(inWords()));
  // programs that read standard output need the same words in every language
  for (const piece of text === null ? inEnglish(show) : line(text)) {
    if (!(await write(stdout, piece))) break;
  }
}

/** Prints the failures of a command that did the rest; returns the exit code of the first. */
function reportFailures(
  failures: readonly FobError[],
  { json }: Globals,
  stderr: NodeJS.WriteStream,
): number | undefined {
  if (failures.length > 0) writeLines(stderr, formatFailures(failures, json));
  return failures[0]?.exitCode;
}

/**
 * Empties the trash of the vault that the command has opened. A failure is only a remark, because
 * the command itself is done.
 */
async function emptyTrash(
  context: Pick<Context, "emptyTrash">,
  report: (remark: string) => void,
): Promise<void> {
  const remark = await context.emptyTrash();
  if (remark !== null) report(remark);
}

/**
 * Runs a command in the agent that holds the vault, if possible, else in this process. Both give
 * the same results and errors.
 */
async function execute(
  { command, input: given }: Pick<Invocation, "command" | "input">,
  context: Context,
) {
  const input = await completeInput(command, given, context);
  const isDelegable = (await command.isDelegable?.(input as never, context)) ?? false;
  const delegated = isDelegable
    ? await context.delegate(command.name, input as CommandInput)
    : null;
  return delegated ? (delegated.result as never) : command.run(input as never, context);
}

/** Asks a person for what is missing. Throws FobError `usage` where nobody can be asked. */
async function completeInput(
  command: AnyCommand,
  given: Invocation["input"],
  context: Context,
): Promise<Invocation["input"]> {
  if (command.ask && context.prompt.available) return command.ask(given as never, context);
  const missing = Object.entries<ArgumentDefinition>(command.arguments).find(
    ([key, { kind }]) => kind === "asked" && ownValue(given, key) === undefined,
  );
  if (missing) throw missingArgument(`fob ${command.name}`, missing[1].placeholder);
  return given;
}

/** A text with a newline, or nothing for an empty text. */
function line(text: string): readonly string[] {
  return text === "" ? [] : [`${text}\n`];
}
