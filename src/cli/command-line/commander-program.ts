import { Command, type CommanderError, Option } from "commander";
import { t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { AnyCommand, ArgumentDefinition, OptionDefinition } from "#cli/command.ts";
import { displayWidth, wrapWords } from "#cli/output/width.ts";
import { ALIASES } from "./aliases.ts";
import { flagsOf, GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from "./global-options.ts";
import { GROUPS } from "./groups.ts";
import { formatHelpPage, indent, NARROWEST_DESCRIPTION } from "./help-page.ts";
import { optionName } from "./option-name.ts";

/** The maximum width of help, on any terminal. */
const MAX_HELP_COLUMNS = 80;

/** Receives the output and errors of commander. */
export interface Listener {
  print(text: string): void;
  /** Parsing stopped at this command: because of an error, or after printing help or version. */
  stopped(error: CommanderError, command: Command): void;
}

/** The program as commander knows it. */
export interface CommanderProgram {
  readonly root: Command;
  /**
   * Adds a command to its group; `chosen` is called with its input if the command line names it.
   */
  add(definition: AnyCommand, chosen: (input: Record<string, unknown>) => void): Command;
  /** Adds a command that the command line does not name: its name alone, for suggestions. */
  addName(name: string): void;
}

/**
 * Creates a program with global options, version and help, and without commands. `columns` is the
 * width of the terminal.
 */
export function createProgram(
  { version, columns = MAX_HELP_COLUMNS }: { version: string; columns: number | undefined },
  listener: Listener,
): CommanderProgram {
  const root = createRoot(version, columns, listener);
  const groups = new Map<string, Command>();
  const stopAt = (command: Command) =>
    command.exitOverride((error) => {
      listener.stopped(error, command);
      throw error;
    });
  /** Returns the group with this name; creates it and its parent groups if necessary. */
  const groupAt = (words: readonly string[], example: string): Command =>
    words.reduce((parent, word, depth) => {
      const path = words.slice(0, depth + 1).join(" ");
      const group = groups.get(path) ?? stopAt(addGroup(parent, word, path, example));
      groups.set(path, group);
      return group;
    }, root);
  stopAt(root);
  return {
    root,
    add(definition, chosen) {
      const words = definition.name.split(" ");
      const parent = groupAt(words.slice(0, -1), definition.examples[0].command);
      const command = stopAt(addCommand(parent, words.at(-1) ?? "", definition, chosen));
      // a command may be a group, too; it is listed before the commands of its group
      groups.set(definition.name, command);
      return command;
    },
    addName(name) {
      const words = name.split(" ");
      const parent = groupAt(words.slice(0, -1), "");
      groups.set(name, stopAt(parent.command(words.at(-1) ?? "")));
    },
  };
}

function createRoot(version: string, columns: number, { print }: Listener): Command {
  const root = new Command("fob")
    .description(t("a software key fob for the terminal"))
    .version(version, flagsOf(VERSION_OPTION), translated(VERSION_OPTION.summary))
    .helpOption(flagsOf(HELP_OPTION), translated(HELP_OPTION.summary))
    .helpCommand("help [COMMAND]", t("show help for a command"))
    .configureHelp({
      showGlobalOptions: true,
      formatHelp: formatHelpPage,
      minWidthToWrap: NARROWEST_DESCRIPTION,
      displayWidth,
    })
    .configureOutput({
      // wider lines are harder to read, and scripts/build.mjs prerenders the help page at this
      // width
      getOutHelpWidth: () => Math.min(columns, MAX_HELP_COLUMNS),
      writeOut: print,
      writeErr: print,
      outputError: () => undefined,
    })
    .addHelpText("after", () =>
      [
        `\n${t("Example:")}`,
        "  $ fob enroll --qr screenshot.png && fob code github",
        "",
        ...[
          t`${[...ALIASES.keys()].join(", ")} stand for ${[...ALIASES.values()].join(", ")}.`,
          t("fob COMMAND --help tells more about a command."),
        ].flatMap((line) => wrapWords(line, Math.min(columns, MAX_HELP_COLUMNS))),
      ].join("\n"),
    );
  for (const option of GLOBAL_OPTIONS) {
    const variable = option.variable === undefined ? "" : ` (${option.variable})`;
    root.option(flagsOf(option), `${translated(option.summary)}${variable}`);
  }
  return root;
}

function addGroup(parent: Command, word: string, path: string, example: string): Command {
  const group = parent.command(word).description(translated(ownValue(GROUPS, path) ?? ""));
  return group.addHelpText("after", () => `\n${t("Example:")}\n  $ ${example}`);
}

function addCommand(
  parent: Command,
  word: string,
  definition: AnyCommand,
  chosen: (input: Record<string, unknown>) => void,
): Command {
  const texts = [definition.summary, definition.description ?? ""].filter(Boolean);
  const command = parent
    .command(word)
    .summary(translated(definition.summary))
    .description(texts.map(translated).join("\n\n"));
  const names = Object.keys(definition.arguments);
  for (const argument of Object.values<ArgumentDefinition>(definition.arguments))
    addArgument(command, argument);
  for (const [name, option] of Object.entries<OptionDefinition>(definition.options))
    command.addOption(toOption(name, option));
  command.addHelpText("after", () => formatExamples(definition, helpWidth(command)));
  return command.action((...given: unknown[]) => {
    const input: Record<string, unknown> = {
      ...flagDefaults(definition.options),
      ...optionsReadByGroup(command, definition),
      ...command.opts(),
    };
    names.forEach((name, i) => {
      input[name] = given[i];
    });
    chosen(input);
  });
}

/** Of a group that is a command as well, the options that both have: the group reads them first. */
function optionsReadByGroup(
  { parent }: Command,
  { options }: AnyCommand,
): Readonly<Record<string, unknown>> {
  const read: Record<string, unknown> = parent?.parent ? parent.opts() : {};
  return Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(options, name)));
}

function addArgument(command: Command, { kind, placeholder, summary }: ArgumentDefinition): void {
  const several = `[${placeholder}...]`;
  const shapes = {
    required: `<${placeholder}>`,
    asked: `[${placeholder}]`,
    optional: `[${placeholder}]`,
    variadic: several,
    rest: several,
  };
  command.argument(shapes[kind], translated(summary));
  if (kind === "rest") command.usage(`[options] -- ${placeholder} [ARGS...]`);
}

function toOption(key: string, definition: OptionDefinition): Option {
  const name = optionName(key);
  if (definition.kind === "flag") return new Option(name, translated(definition.summary));
  const { placeholder, summary } = definition;
  const shapes = {
    value: `<${placeholder}>`,
    values: `<${placeholder}...>`,
    optionalValue: `[${placeholder}]`,
  };
  return new Option(`${name} ${shapes[definition.kind]}`, translated(summary));
}

function flagDefaults(
  options: Readonly<Record<string, OptionDefinition>>,
): Record<string, unknown> {
  const flags = Object.entries(options).filter(
    ([, { kind }]) => kind === "flag" || kind === "values",
  );
  return Object.fromEntries(flags.map(([name, { kind }]) => [name, kind === "flag" ? false : []]));
}

function helpWidth(command: Command): number {
  return command.configureOutput().getOutHelpWidth?.() ?? MAX_HELP_COLUMNS;
}

function formatExamples({ examples }: AnyCommand, columns: number): string {
  const lines = examples.map(
    ({ command, explanation }) => `  $ ${command}\n${indent(translated(explanation), columns)}`,
  );
  return `\n${examples.length === 1 ? t("Example:") : t("Examples:")}\n${lines.join("\n")}`;
}
