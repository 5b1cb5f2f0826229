import type { Command, CommanderError } from "commander";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { mostSimilar } from "./suggestion.ts";

/** An error of commander, and the command that was being parsed. */
export interface Refusal {
  readonly error: CommanderError;
  readonly command: Command;
}

/** The details from which an error message is made. */
interface Circumstances {
  readonly command: Command;
  readonly argv: readonly string[];
  /** Former options, and the options that replaced them. */
  readonly former: ReadonlyMap<string, string>;
  /** The names of all commands. */
  readonly names: readonly string[];
}

/** The error message for each error code of commander that a command line can cause. */
const COMPLAINTS: ReadonlyMap<string, (circumstances: Circumstances) => FobError> = new Map([
  ["commander.help", commandMissing],
  ["commander.missingArgument", argumentMissing],
  ["commander.optionMissingArgument", valueMissing],
  ["commander.unknownOption", optionUnknown],
  ["commander.unknownCommand", commandUnknown],
  ["commander.excessArguments", argumentsTooMany],
]);

/** The FobError `usage` for a command line that commander refused. */
export function complaintOf(
  { error, command }: Refusal,
  more: Omit<Circumstances, "command">,
): FobError {
  const complain = COMPLAINTS.get(error.code);
  // our definitions cannot cause other errors; the text of commander will do
  return complain ? complain({ command, ...more }) : refuse(error.message.replace(/^error: /, ""));
}

function commandMissing({ argv, names }: Circumstances): FobError {
  const members = membersOf(argv, names);
  return refuse(
    t("a command is missing"),
    members.length > 0
      ? members.map((name) => `fob ${name}`).join(", ")
      : t("fob --help lists the commands"),
  );
}

function argumentMissing({ command }: Circumstances): FobError {
  const { registeredArguments, args } = command;
  const missing = registeredArguments.find(({ required }, i) => required && args[i] === undefined);
  return missingArgument(wordsOf(command), missing?.name() ?? "");
}

/** The FobError `usage` for a command, `fob pin set`, without one of its arguments. */
export function missingArgument(command: string, placeholder: string): FobError {
  return refuse(
    t`missing required argument '${placeholder}'`,
    t`${command} --help shows how it is used`,
  );
}

/** Only the last word of a command line can be an option that lacks its value. */
function valueMissing({ command, argv }: Circumstances): FobError {
  const last = argv.at(-1) ?? "";
  const option = command.options.find(({ long, short }) => last === long || last === short);
  return refuse(t`option '${option?.flags ?? last}' argument missing`, howToUse(command));
}

function optionUnknown({ command, argv, former }: Circumstances): FobError {
  const unknown = wordsLeftBy(command, argv)[0] ?? "";
  const known = [command, ...ancestorsOf(command)].flatMap((one) =>
    one
      .createHelp()
      .visibleOptions(one)
      .flatMap(({ long }) => long ?? []),
  );
  const similar = unknown.startsWith("--") ? mostSimilar(unknown, known) : [];
  return refuse(
    t`unknown option '${unknown}'`,
    suggest(similar.map((name) => former.get(name) ?? name)) ?? howToUse(command),
  );
}

function commandUnknown({ command }: Circumstances): FobError {
  const unknown = command.args[0] ?? "";
  const known = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
  return refuse(t`unknown command '${unknown}'`, suggest(mostSimilar(unknown, known)));
}

function argumentsTooMany({ command }: Circumstances): FobError {
  const most = command.registeredArguments.length;
  return refuse(
    t`too many arguments for '${command.name()}'. Expected ${plural(most, "argument")} but got ${command.args.length}`,
    howToUse(command),
  );
}

/**
 * The first unknown option and the words after it, when a command and its parents have parsed their
 * part.
 */
function wordsLeftBy(command: Command, argv: readonly string[]): readonly string[] {
  const words = command.parent ? wordsLeftBy(command.parent, argv) : argv;
  return command.parseOptions([...words]).unknown;
}

function ancestorsOf({ parent }: Command): readonly Command[] {
  return parent ? [parent, ...ancestorsOf(parent)] : [];
}

function suggest(names: readonly string[]): string | null {
  const [first, ...others] = names;
  if (first === undefined) return null;
  return others.length === 0
    ? t`did you mean ${first}?`
    : t`did you mean one of ${names.join(", ")}?`;
}

function refuse(message: string, hint: string | null = null): FobError {
  return new FobError("usage", message, { hint: hint ?? t("fob --help lists the commands") });
}

/** Names the help page of a command. */
function howToUse(command: Command): string {
  return t`${wordsOf(command)} --help shows how it is used`;
}

function wordsOf(command: Command): string {
  const words = [command, ...ancestorsOf(command)].map((one) => one.name());
  return words.reverse().join(" ");
}

/** The commands of the innermost group on the command line. */
function membersOf(argv: readonly string[], names: readonly string[]): string[] {
  const inGroups = names.filter((name) => name.includes(" "));
  const depth = (name: string) => name.split(" ").findIndex((word) => !argv.includes(word));
  const deepest = Math.max(...inGroups.map(depth));
  return deepest > 0 ? inGroups.filter((name) => depth(name) === deepest) : [];
}
