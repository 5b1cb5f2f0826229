import { Command, CommanderError, Option } from "commander";
import { FobError } from "#base/fob-error.ts";
import { plural, retold, type Text, type Texts, t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { AnyCommand, ArgumentDefinition, OptionDefinition } from "./command.ts";
import type { GlobalFlags } from "./global-flags.ts";
import { flagsOf, GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from "./global-options.ts";

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

/** Help is no wider than this, on however wide a terminal. */
const MAX_HELP_COLUMNS = 80;

/** What the groups of commands are about: words of help that no single command owns. */
export const GROUPS: Texts = {
  pin: "set, change and remove PINs: of the app, or of one token",
  keychain: "who keeps the vault's key",
  biometric: "let a finger or face stand for a PIN",
  push: "approve and deny login requests",
  agent: "the process that holds the vault open",
  config: "settle things for all commands to come",
  access: "say who may use a token: scripts with a grant, or whoever gives a PIN",
  lab: "an authentication server to try things out with",
  "lab user": "who logs in at the lab",
};

/** What commander calls the parts of a help page. */
const TITLES: readonly Text[] = [
  "Usage:",
  "Arguments:",
  "Options:",
  "Global Options:",
  "Commands:",
];

/** What commander says of a command line that it does not understand. */
const COMPLAINTS: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^missing required argument '(.*)'$/s, (name) => t`missing required argument '${name}'`],
  [/^option '(.*)' argument missing$/s, (option) => t`option '${option}' argument missing`],
  [/^unknown option '(.*)'$/s, (option) => t`unknown option '${option}'`],
  [/^unknown command '(.*)'$/s, (command) => t`unknown command '${command}'`],
  [
    /^too many arguments for '(.*)'\. Expected (\d+) arguments? but got (\d+)$/s,
    (command, most, given) =>
      t`too many arguments for '${command}'. Expected ${plural(Number(most), "argument")} but got ${given}`,
  ],
  [/^Did you mean one of (.*)\?$/s, (names) => t`did you mean one of ${names}?`],
  [/^Did you mean (.*)\?$/s, (name) => t`did you mean ${name}?`],
];

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
  if (parsed instanceof CommanderError)
    throw usageError(withoutFormer(parsed, await formerOptionsOf(argv, vocabulary)), argv, names);
  return parsed;
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
  readonly parsed: Parsed | CommanderError;
  /**
   * Whether it is about one command, so that the others do not matter: complaints and other help
   * tell of all.
   */
  readonly isOfCommand: boolean;
}

/** What a command line means to who knows no other commands than these. */
async function understand(
  argv: readonly string[],
  { version, columns, commands, alone }: Vocabulary,
  names: readonly string[],
): Promise<Understood> {
  const printed: string[] = [];
  let invocation: Invocation | null = null;
  let isOfCommand = false;
  const program = createProgram(version, columns, (text) => printed.push(text));
  const groups = new Map<string, Command>();
  const loading = Object.entries(commands).flatMap(([name, load]) =>
    names.includes(name) ? [load()] : [],
  );
  for (const command of await Promise.all(loading)) {
    const parent = parentOf(command, program, groups);
    const definition = addCommand(parent, command, (input) => {
      isOfCommand = true;
      refuseFormerOptions(command, argv);
      const flags = program.opts<GlobalFlags>();
      refuseEmpty(command, input, flags);
      invocation = { command, input, flags };
    });
    definition.addHelpText("after", () => {
      isOfCommand = true;
      return "";
    });
  }
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help" && program.args.length === 0) {
      const invocation = { command: await alone(), input: {}, flags: program.opts<GlobalFlags>() };
      return { parsed: { invocation }, isOfCommand: false };
    }
    if (error.exitCode !== 0) return { parsed: error, isOfCommand: false };
  }
  const parsed = invocation
    ? { invocation }
    : { text: printed.join(""), flags: program.opts<GlobalFlags>() };
  return { parsed, isOfCommand };
}

function createProgram(
  version: string,
  columns = MAX_HELP_COLUMNS,
  print: (text: string) => void,
): Command {
  const program = new Command("fob")
    .description(t("a software key fob for the terminal"))
    .version(version, flagsOf(VERSION_OPTION), translated(VERSION_OPTION.summary))
    .helpOption(flagsOf(HELP_OPTION), translated(HELP_OPTION.summary))
    .helpCommand("help [COMMAND]", t("show help for a command"))
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => (TITLES.includes(title) ? translated(title) : title),
    })
    .configureOutput({
      // wider lines are harder to read, and the help page is prepared for no more
      // (scripts/build.mjs)
      getOutHelpWidth: () => Math.min(columns, MAX_HELP_COLUMNS),
      writeOut: print,
      writeErr: print,
      outputError: () => undefined,
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      "after",
      [
        `\n${t("Example:")}`,
        "  $ fob enroll --qr screenshot.png && fob code github",
        `\n${t("fob COMMAND --help tells more about a command.")}`,
      ].join("\n"),
    );
  for (const option of GLOBAL_OPTIONS) {
    const variable = option.variable === undefined ? "" : ` (${option.variable})`;
    program.option(flagsOf(option), `${translated(option.summary)}${variable}`);
  }
  return program;
}

/** The group that a command belongs to, made with the groups around it when it is first needed. */
function parentOf(
  { name, examples }: AnyCommand,
  program: Command,
  groups: Map<string, Command>,
): Command {
  const words = name.split(" ").slice(0, -1);
  return words.reduce((parent, word, depth) => {
    const path = words.slice(0, depth + 1).join(" ");
    const group =
      groups.get(path) ?? addGroup(parent, word, ownValue(GROUPS, path) ?? "", examples[0].command);
    groups.set(path, group);
    return group;
  }, program);
}

function addGroup(parent: Command, word: string, description: string, example: string): Command {
  const group = parent.command(word).description(translated(description)).exitOverride();
  return group.addHelpText("after", `\n${t("Example:")}\n  $ ${example}`);
}

function addCommand(
  parent: Command,
  definition: AnyCommand,
  chosen: (input: Record<string, unknown>) => void,
): Command {
  const command = parent
    .command(definition.name.split(" ").at(-1) ?? definition.name)
    .summary(retold(definition.summary))
    .description(
      [definition.summary, definition.description ?? ""].filter(Boolean).map(retold).join("\n\n"),
    );
  const names = Object.keys(definition.arguments);
  for (const argument of Object.values<ArgumentDefinition>(definition.arguments))
    addArgument(command, argument);
  for (const [name, option] of Object.entries<OptionDefinition>(definition.options))
    command.addOption(toOption(name, option));
  command.addHelpText("after", formatExamples(definition));
  return command.action((...given: unknown[]) => {
    const input: Record<string, unknown> = {
      ...flagDefaults(definition.options),
      ...command.opts(),
    };
    names.forEach((name, i) => {
      input[name] = given[i];
    });
    chosen(input);
  });
}

function addArgument(command: Command, { kind, placeholder, summary }: ArgumentDefinition): void {
  const several = `[${placeholder}...]`;
  const shapes = {
    required: `<${placeholder}>`,
    optional: `[${placeholder}]`,
    variadic: several,
    rest: several,
  };
  command.argument(shapes[kind], retold(summary));
  if (kind === "rest") command.usage(`[options] -- ${placeholder} [ARGS...]`);
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

/** The name of an option on the command line: `dryRun` is `--dry-run`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function toOption(key: string, definition: OptionDefinition): Option {
  const name = optionName(key);
  if (definition.kind === "flag") return new Option(name, retold(definition.summary));
  const { placeholder, summary } = definition;
  const shapes = {
    value: `<${placeholder}>`,
    values: `<${placeholder}...>`,
    optionalValue: `[${placeholder}]`,
  };
  return new Option(`${name} ${shapes[definition.kind]}`, retold(summary));
}

function flagDefaults(
  options: Readonly<Record<string, OptionDefinition>>,
): Record<string, unknown> {
  const flags = Object.entries(options).filter(
    ([, { kind }]) => kind === "flag" || kind === "values",
  );
  return Object.fromEntries(flags.map(([name, { kind }]) => [name, kind === "flag" ? false : []]));
}

/** Throws FobError `usage` for a global option that stands where it had another meaning once. */
function refuseFormerOptions(
  { name, formerOptions = {} }: AnyCommand,
  argv: readonly string[],
): void {
  const words = wordsAfterCommand(argv);
  for (const [key, { now, meaning }] of Object.entries(formerOptions)) {
    const former = optionName(key);
    if (!words.includes(former)) continue;
    throw new FobError("usage", t`${former} is no option of \`fob ${name}\``, {
      hint: t`${optionName(now)}: ${translated(meaning)}; the option of all commands goes before the name: \`fob ${former} ${name}\``,
    });
  }
}

/** The former options of the command that is named on a command line. */
async function formerOptionsOf(argv: readonly string[], { commands }: Vocabulary) {
  const words = wordsFromCommand(argv);
  const found = Object.entries(commands).find(([name]) =>
    name.split(" ").every((word, i) => word === words[i]),
  );
  return (found && (await found[1]()).formerOptions) || {};
}

/** A complaint that suggests what is understood now, in place of what the command refuses. */
function withoutFormer(
  { exitCode, code, message }: CommanderError,
  former: AnyCommand["formerOptions"],
) {
  const options = Object.entries(former ?? {}).map(
    ([key, { now }]) => [optionName(key), optionName(now)] as const,
  );
  const [complaint = "", ...suggestions] = message.split("\n");
  const understood = suggestions.map((line) =>
    options.reduce((text, [old, now]) => text.replaceAll(old, now), line),
  );
  return new CommanderError(exitCode, code, [complaint, ...understood].join("\n"));
}

/**
 * What stands after the first word of the command, up to `--`. Before it there are global options
 * and their values.
 */
function wordsAfterCommand(argv: readonly string[]): readonly string[] {
  const words = wordsFromCommand(argv).slice(1);
  const end = words.indexOf("--");
  return end < 0 ? words : words.slice(0, end);
}

function wordsFromCommand(argv: readonly string[]): readonly string[] {
  const withValue = GLOBAL_OPTIONS.filter(({ placeholder }) => placeholder !== undefined).map(
    ({ name }) => name,
  );
  const isBefore = (word: string, i: number) =>
    word.startsWith("-") || withValue.some((name) => name === argv[i - 1] && i > 0);
  const first = argv.findIndex((word, i) => !isBefore(word, i));
  return first < 0 ? [] : argv.slice(first);
}

function formatExamples({ examples }: AnyCommand): string {
  const lines = examples.map(
    ({ command, explanation }) => `  $ ${command}\n      ${translated(explanation)}`,
  );
  return `\n${examples.length === 1 ? t("Example:") : t("Examples:")}\n${lines.join("\n")}`;
}

function usageError(
  error: CommanderError,
  argv: readonly string[],
  names: readonly string[],
): FobError {
  const [message = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = rest
    .join(" ")
    .trim()
    .replace(/^\((.*)\)$/, "$1");
  if (error.code === "commander.help") {
    const members = membersOf(argv, names);
    const hint =
      members.length > 0
        ? members.map((name) => `fob ${name}`).join(", ")
        : t("fob --help lists the commands");
    return new FobError("usage", t("a command is missing"), { hint });
  }
  return new FobError("usage", inOurWords(message.replace(/\.$/, "")), {
    hint: suggestion ? inOurWords(suggestion) : t("fob --help shows how it is used"),
  });
}

function inOurWords(complaint: string): string {
  for (const [pattern, translate] of COMPLAINTS) {
    const [, ...parts] = pattern.exec(complaint) ?? [];
    if (parts.length > 0) return translate(...parts);
  }
  return complaint;
}

/** The commands of the innermost group that is named on the command line. */
function membersOf(argv: readonly string[], names: readonly string[]): string[] {
  const inGroups = names.filter((name) => name.includes(" "));
  const depth = (name: string) => name.split(" ").findIndex((word) => !argv.includes(word));
  const deepest = Math.max(...inGroups.map(depth));
  return deepest > 0 ? inGroups.filter((name) => depth(name) === deepest) : [];
}
