import type { ArgumentDefinition, Candidates } from "#cli/command.ts";
import { ALIASES } from "#cli/command-line/aliases.ts";
import {
  GLOBAL_OPTIONS,
  type GlobalOption,
  HELP_OPTION,
  VERSION_OPTION,
} from "#cli/command-line/global-options.ts";
import { optionName } from "#cli/command-line/option-name.ts";
import { argumentsOf, type CommandNode, flatten, optionsOf } from "../manual/command-tree.ts";

/** A word that can be completed, and what it is about. */
export interface Word {
  readonly text: string;
  readonly summary: string;
}

/**
 * What can stand in a place, as the scripts know it: `token`, `tag`, `file`, `folder`, `command`,
 * `any`, or `words` and the words; with `more` before it where any number of them can stand.
 */
export type Place = string;

/** What the scripts must know of one node of the command line. */
export interface CompletionEntry {
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  /** The global options that are refused after this command. */
  readonly refused: readonly string[];
  /** What stands after an option, by the option's name; flags are not in it. */
  readonly values: Readonly<Record<string, Place>>;
  readonly places: readonly Place[];
}

/** What the scripts must know: every node, and what is the same for all. */
export interface CompletionTable {
  /** Other names of commands, and the commands. */
  readonly aliases: readonly (readonly [alias: string, command: string])[];
  readonly entries: readonly CompletionEntry[];
  readonly globalOptions: readonly Word[];
  readonly globalValues: Readonly<Record<string, Place>>;
}

/** The table for all commands below `root`. */
export function completionTable(root: CommandNode): CompletionTable {
  const help = { text: "help", summary: "show help for a command" };
  const [first, ...others] = flatten(root).map(describe);
  const names = root.children.map(({ path }) => path);
  return {
    aliases: [...ALIASES].filter(([, command]) => names.includes(command)),
    entries: [
      { ...entryOf(first), commands: [...entryOf(first).commands, help] },
      {
        path: "help",
        commands: [],
        options: [],
        refused: [],
        values: {},
        places: [placeOf(names, false)],
      },
      ...others,
    ],
    globalOptions: [...GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION].flatMap(namesOf),
    globalValues: Object.fromEntries(
      GLOBAL_OPTIONS.filter(({ placeholder }) => placeholder !== undefined).map((option) => [
        option.name,
        placeOf(option.candidates ?? [], false),
      ]),
    ),
  };
}

function entryOf(entry: CompletionEntry | undefined): CompletionEntry {
  if (!entry) throw new Error("a tree has a root");
  return entry;
}

function describe(node: CommandNode): CompletionEntry {
  const options = optionsOf(node);
  return {
    path: node.path,
    commands: node.children.map(({ path, summary }) => ({
      text: path.split(" ").at(-1) ?? "",
      summary,
    })),
    options: options.map(([key, { summary }]) => ({ text: optionName(key), summary })),
    refused: Object.keys(node.definition?.formerOptions ?? {}).map(optionName),
    values: Object.fromEntries(
      options.flatMap(([key, option]) =>
        option.kind === "flag"
          ? []
          : [[optionName(key), placeOf(option.candidates, option.kind === "values")]],
      ),
    ),
    places: argumentsOf(node).flatMap(([, argument]) => placesOf(argument)),
  };
}

/** Another program's command line begins with its name, and often goes on with files. */
function placesOf({ kind, candidates }: ArgumentDefinition): Place[] {
  if (kind === "rest") return [placeOf(candidates, false), placeOf("file", true)];
  return [placeOf(candidates, kind === "variadic")];
}

function placeOf(candidates: Candidates, isRepeated: boolean): Place {
  const words = typeof candidates === "string" ? candidates : ["words", ...candidates].join(" ");
  return `${isRepeated ? "more " : ""}${words === "words" ? "any" : words}`;
}

function namesOf({ name, letter, summary }: GlobalOption): Word[] {
  return [...(letter === undefined ? [] : [{ text: letter, summary }]), { text: name, summary }];
}
