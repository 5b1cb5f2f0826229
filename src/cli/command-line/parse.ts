import { type Command, CommanderError } from "commander";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { AnyCommand, ArgumentDefinition } from "#cli/command.ts";
import { createProgram } from "./commander-program.ts";
import { complaintOf, type Refusal } from "./complaint.ts";
import { formerOptionsOf, refuseFormerOptions } from "./former-options.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { optionName } from "./option-name.ts";

/**
 * A command line that was understood: which command, with what input, under which global options.
 */
export interface Invocation {
  readonly command: AnyCommand;
  readonly input: Readonly<Record<string, unknown>>;
  readonly flags: GlobalFlags;
}

/**
 * What a command line asks for: a command, or a text to print (help, version) with the exit code
 * that goes with it.
 */
export type Parsed =
  | { readonly invocation: Invocation }
  | { readonly text: string; readonly flags: GlobalFlags };

/** What a command line may say. */
export interface Vocabulary {
  readonly version: string;
  /** How wide the terminal is that help is for, in characters; undefined where there is none. */
  readonly columns: number | undefined;
  /** Every command by its name, in the order in which help lists them, loaded when it is needed. */
  readonly commands: Readonly<Record<string, () => Promise<AnyCommand>>>;
  /** What is done where no command is given. */
  alone(): Promise<AnyCommand>;
}

/** What commander found: arguments and options by their keys. */
type Input = Readonly<Record<string, unknown>>;

/**
 * Understands a command line. Throws FobError `usage` with the nearest command or option where one
 * is misspelt, and for a value that is empty.
 */
export async function parseCommandLine(
  given: readonly string[],
  vocabulary: Vocabulary,
): Promise<Parsed> {
  const names = Object.keys(vocabulary.commands);
  const argv = helpAsOption(given, names);
  const named = names.filter((name) => name.split(" ").every((word) => argv.includes(word)));
  const understood = named.length > 0 ? await understand(argv, vocabulary, named) : null;
  const { parsed } = understood?.isOfCommand
    ? understood
    : await understand(argv, vocabulary, names);
  if (!("error" in parsed)) return parsed;
  const former = await formerOptionsOf(argv, vocabulary.commands);
  throw complaintOf(parsed, { argv, former, names });
}

/**
 * `help pin set` as `pin set --help`, and `help nonsense` as `nonsense`: of what follows `help`,
 * commander knows the first word of commands alone.
 */
function helpAsOption(given: readonly string[], names: readonly string[]): readonly string[] {
  const [first, ...rest] = given;
  const [word = "-"] = rest;
  if (first !== "help" || word.startsWith("-")) return given;
  if (names.includes(rest.join(" "))) return [...rest, "--help"];
  return names.some((name) => name.split(" ")[0] === word) ? given : [word];
}

interface Understood {
  readonly parsed: Parsed | Refusal;
  /**
   * Whether it is about one command, so that the others do not matter. Complaints, and the help of
   * the program and of groups, tell of all commands.
   */
  readonly isOfCommand: boolean;
}

/** What a command line means where there are no other commands than these. */
async function understand(
  argv: readonly string[],
  { version, columns, commands, alone }: Vocabulary,
  names: readonly string[],
): Promise<Understood> {
  const printed: string[] = [];
  let invocation: Invocation | null = null;
  let isOfCommand = false;
  let refusal: Refusal | null = null;
  const { root, add } = createProgram(
    { version, columns },
    {
      print: (text) => printed.push(text),
      stopped: (error, command) => {
        refusal = error.exitCode === 0 ? null : { error, command };
      },
    },
  );
  const loading = Object.entries(commands).flatMap(([name, load]) =>
    names.includes(name) ? [load()] : [],
  );
  for (const command of await Promise.all(loading)) {
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
  await root.parseAsync(argv, { from: "user" }).catch(ignoreCommanders);
  const flags = root.opts<GlobalFlags>();
  if (isNothing(refusal, root))
    return { parsed: { invocation: { command: await alone(), input: {}, flags } }, isOfCommand };
  const parsed = refusal ?? (invocation ? { invocation } : { text: printed.join(""), flags });
  return { parsed, isOfCommand: isOfCommand && !refusal };
}

/** Commander's own errors were heard of where it stopped. */
function ignoreCommanders(error: unknown): void {
  if (!(error instanceof CommanderError)) throw error;
}

/** Whether a command line has options at most: commander then shows help as an error. */
function isNothing(refusal: Refusal | null, root: Command): boolean {
  return refusal?.error.code === "commander.help" && root.args.length === 0;
}

/**
 * Throws FobError `usage` for a value that is empty: whoever gives one has a variable that is not
 * set, and does not mean "the only one" or "none". What is another program's may be empty.
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
