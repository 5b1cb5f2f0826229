import { type Command, CommanderError } from "commander";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { AnyCommand, ArgumentDefinition } from "#cli/command.ts";
import { withoutAlias } from "./aliases.ts";
import { createProgram } from "./commander-program.ts";
import { complaintOf, type Refusal } from "./complaint.ts";
import { formerOptionsOf, refuseFormerOptions } from "./former-options.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { optionName } from "./option-name.ts";
import { ownWords } from "./own-words.ts";

/** A parsed command line: the command, its input, and the global options. */
export interface Invocation {
  readonly command: AnyCommand;
  readonly input: Readonly<Record<string, unknown>>;
  readonly flags: GlobalFlags;
}

/** The result of parsing: a command, or a text to print (help, version). */
export type Parsed =
  | { readonly invocation: Invocation }
  | { readonly text: string; readonly flags: GlobalFlags };

/** The definitions that a command line is parsed with. */
export interface Vocabulary {
  readonly version: string;
  /** The width of the terminal in characters, for help; undefined when there is none. */
  readonly columns: number | undefined;
  /** Every command by name, in the order of help, loaded on demand. */
  readonly commands: Readonly<Record<string, () => Promise<AnyCommand>>>;
  /** The command to run when the command line has none. */
  alone(): Promise<AnyCommand>;
}

/** Arguments and options by key. */
type Input = Readonly<Record<string, unknown>>;

/**
 * Parses a command line. Throws FobError `usage`: for a misspelt command or option with the nearest
 * one, and for an empty value.
 */
export async function parseCommandLine(
  given: readonly string[],
  vocabulary: Vocabulary,
): Promise<Parsed> {
  const names = Object.keys(vocabulary.commands);
  const argv = helpAsOption(withoutAlias(given), names);
  const parsed = await parseWithFew(argv, vocabulary, names);
  if (!("error" in parsed)) return parsed;
  const former = await formerOptionsOf(argv, vocabulary.commands);
  throw complaintOf(parsed, { argv, former, names });
}

/**
 * Turns `help pin set` into `pin set --help`, and `help nonsense` into `nonsense`: commander looks
 * up only the first word after `help`.
 */
function helpAsOption(given: readonly string[], names: readonly string[]): readonly string[] {
  const [first, ...rest] = given;
  const [word = "-"] = rest;
  if (first !== "help" || word.startsWith("-")) return given;
  if (names.includes(rest.join(" "))) return [...rest, "--help"];
  return names.some((name) => name.split(" ")[0] === word) ? given : [word];
}

/**
 * Parses a command line with the commands that it names; with the names of the others where it is
 * wrong, and with all of them where it asks for their help.
 */
async function parseWithFew(
  argv: readonly string[],
  vocabulary: Vocabulary,
  names: readonly string[],
): Promise<Parsed | Refusal> {
  // what stands behind `--` is no command: `codes -- list` is about a token of that name
  const words = ownWords(argv);
  const named = names.filter((name) => name.split(" ").every((word) => words.includes(word)));
  if (named.length > 0) {
    const { parsed, isOfCommand } = await parseWith(argv, vocabulary, named);
    if (isOfCommand) return parsed;
  }
  const { parsed } = await parseWith(argv, vocabulary, named, names);
  return "error" in parsed ? parsed : (await parseWith(argv, vocabulary, names)).parsed;
}

interface Parsing {
  readonly parsed: Parsed | Refusal;
  /**
   * Whether it is about one command, so that the others need not be loaded. Errors need the names
   * of all commands, and the help of the program and of groups needs all commands.
   */
  readonly isOfCommand: boolean;
}

/** Parses a command line with these commands, among others of which there are only the names. */
async function parseWith(
  argv: readonly string[],
  { version, columns, commands, alone }: Vocabulary,
  names: readonly string[],
  among: readonly string[] = names,
): Promise<Parsing> {
  const printed: string[] = [];
  let invocation: Invocation | null = null;
  let isOfCommand = false;
  let refusal: Refusal | null = null;
  const { root, add, addName } = createProgram(
    { version, columns },
    {
      print: (text) => printed.push(text),
      stopped: (error, command) => {
        refusal = error.exitCode === 0 ? null : { error, command };
      },
    },
  );
  const loading = among.map((name) => (names.includes(name) ? ownValue(commands, name)?.() : null));
  for (const [i, command] of (await Promise.all(loading)).entries()) {
    if (!command) {
      addName(among[i] ?? "");
      continue;
    }
    const added = add(command, (input) => {
      isOfCommand = true;
      refuseFormerOptions(command, argv);
      const flags = root.opts<GlobalFlags>();
      refuseEmpty(command, input, flags);
      invocation = { command, input, flags };
    });
    added.addHelpText("after", () => {
      isOfCommand = true;
      return "";
    });
  }
  await root.parseAsync(argv, { from: "user" }).catch(ignoreCommanderErrors);
  const flags = root.opts<GlobalFlags>();
  if (isNothing(refusal, root))
    return { parsed: { invocation: { command: await alone(), input: {}, flags } }, isOfCommand };
  const parsed = refusal ?? (invocation ? { invocation } : { text: printed.join(""), flags });
  return { parsed, isOfCommand: isOfCommand && !refusal };
}

/** Errors of commander were already reported through `stopped`. */
function ignoreCommanderErrors(error: unknown): void {
  if (!(error instanceof CommanderError)) throw error;
}

/**
 * Whether a command line has no command, only options: commander then reports an error with the
 * help.
 */
function isNothing(refusal: Refusal | null, root: Command): boolean {
  return refusal?.error.code === "commander.help" && root.args.length === 0;
}

/**
 * Throws FobError `usage` for an empty value. It usually comes from an unset variable, and would be
 * taken for "the only one" or "none". Arguments of another program may be empty.
 */
function refuseEmpty(
  { arguments: given, options }: AnyCommand,
  input: Input,
  flags: GlobalFlags,
): void {
  const own = Object.entries<ArgumentDefinition>(given).filter(([, { kind }]) => kind !== "rest");
  const values: readonly (readonly [name: string, value: unknown])[] = [
    ...own.map(([key, { placeholder }]) => [placeholder, ownValue(input, key)] as const),
    ...Object.keys(options).map((key) => [optionName(key), ownValue(input, key)] as const),
    ...Object.entries(flags).map(([key, value]) => [optionName(key), value] as const),
  ];
  const [name] = values.find(([, value]) => [value].flat().some(isBlank)) ?? [];
  if (name === undefined) return;
  throw new FobError("usage", t`${name} is empty`, {
    hint: t("is a variable not set? leave out what is not meant"),
  });
}

function isBlank(value: unknown): boolean {
  return typeof value === "string" && value.trim() === "";
}
