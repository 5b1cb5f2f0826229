import type { AnyCommand } from "#cli/command.ts";
import { ALIASES } from "#cli/command-line/aliases.ts";
import { GLOBAL_OPTIONS } from "#cli/command-line/global-options.ts";
import { optionName } from "#cli/command-line/option-name.ts";

/**
 * Other words for commands, as the contract names them, what commander adds, and the word that
 * stands for any command.
 */
const OTHER_WORDS = [...ALIASES.keys(), "help", "COMMAND"];

/** The global options; --help and --version belong to every command line. */
const GLOBAL: readonly string[] = [
  ...GLOBAL_OPTIONS.map(({ name }) => name),
  "--help",
  "--version",
];

/** Finds the command lines of fob in texts for people, and says which of them cannot be given. */
export class CommandLines {
  private readonly commands: ReadonlyMap<string, AnyCommand>;

  constructor(commands: readonly AnyCommand[]) {
    this.commands = new Map(commands.map((command) => [command.name, command]));
  }

  /** Every option of every command. */
  get options(): string[] {
    return [...this.commands.keys()].flatMap((name) => this.optionsOf(name)).concat(GLOBAL);
  }

  has(name: string): boolean {
    return this.commands.has(name);
  }

  /** The command lines in a text: all of them in backticks, and others that begin as a command. */
  named(text: string): string[] {
    const firstWords = new Set([...this.commands.keys()].map((name) => name.split(" ")[0]));
    return [...text.matchAll(/(`)?\bfob ([^`;,]+)/g)].flatMap(([, tick, rest = ""]) =>
      tick !== undefined || firstWords.has(rest.split(" ")[0] ?? "") ? [rest] : [],
    );
  }

  /** Why a command line, without its `fob`, cannot be given; null when it can. */
  faultOf(line: string): string | null {
    const words = line.split(/\s+/).filter(Boolean);
    const [first = ""] = words;
    if (first.startsWith("-") || first.startsWith("{}") || OTHER_WORDS.includes(first)) return null;
    const name = [3, 2, 1]
      .map((length) => words.slice(0, length).join(" "))
      .find((beginning) => this.commands.has(beginning));
    // `fob pin` or `fob lab` names a group
    const isGroup = [...this.commands.keys()].some((one) => one.startsWith(`${first} `));
    if (name === undefined) return isGroup && words.length === 1 ? null : `no command: fob ${line}`;
    const known = [...this.optionsOf(name), ...GLOBAL];
    const wrong = line.match(/--[a-z][a-z-]*/g)?.filter((option) => !known.includes(option)) ?? [];
    return wrong.length === 0 || line.includes(" -- ") ? null : `no option ${wrong}: fob ${line}`;
  }

  private optionsOf(name: string): string[] {
    return Object.keys(this.commands.get(name)?.options ?? {}).map(optionName);
  }
}
