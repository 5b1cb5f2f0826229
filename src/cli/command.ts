import type { FobError } from "#base/fob-error.ts";
import type { Text } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import type { Context } from "./context.ts";

/**
 * What shell completion offers for a value: names of tokens, tags, files, folders, a command line,
 * or these words. No words: nothing.
 */
export type Candidates = "token" | "tag" | "file" | "folder" | "command" | readonly string[];

/**
 * An argument of a command: required, required where nobody can be asked for it, optional, any
 * number of values, or all words after `--`.
 */
export interface ArgumentDefinition {
  readonly kind: "required" | "asked" | "optional" | "variadic" | "rest";
  /** In capitals, for help. */
  readonly placeholder: string;
  readonly summary: string;
  readonly candidates: Candidates;
}

/**
 * An option of a command: a flag, one value, any number of values, or a flag with an optional
 * value. Its name is its key in kebab-case.
 */
export type OptionDefinition =
  | { readonly kind: "flag"; readonly summary: string }
  | {
      readonly kind: "value" | "values" | "optionalValue";
      readonly placeholder: string;
      readonly summary: string;
      readonly candidates: Candidates;
    };

type ValueOf<Definition> = Definition extends { kind: "required" | "asked" }
  ? string
  : Definition extends { kind: "variadic" | "rest" | "values" }
    ? readonly string[]
    : Definition extends { kind: "flag" }
      ? boolean
      : Definition extends { kind: "optionalValue" }
        ? string | true | undefined
        : string | undefined;

/** The input of a command: a value for every argument and option that it defines. */
export type Input<Arguments, Options> = {
  readonly [K in keyof Arguments]: ValueOf<Arguments[K]>;
} & {
  readonly [K in keyof Options]: ValueOf<Options[K]>;
};

/** {@link Input} as the command line gives it: what a person can be asked for may be missing. */
export type GivenInput<Arguments, Options> = {
  readonly [K in keyof Arguments]: Arguments[K] extends { kind: "asked" }
    ? string | undefined
    : ValueOf<Arguments[K]>;
} & {
  readonly [K in keyof Options]: ValueOf<Options[K]>;
};

/** An example for a help page. */
export interface Example {
  readonly command: string;
  readonly explanation: string;
}

/** Replaces a former option: `now` is the key of the new option, `meaning` describes it. */
export interface FormerOption {
  readonly now: string;
  readonly meaning: Text;
}

/** The context of a command that needs nothing of it. */
type NoContext = Readonly<Record<never, never>>;

/**
 * One command: its texts for command line, help, completions and man pages, and its function. `run`
 * neither prints nor exits: it returns a result or throws a FobError. `Needs` is the part of the
 * context that it uses, and `Asks` the part that its questions use.
 */
export interface CommandDefinition<
  Arguments,
  Options,
  Result,
  Needs = NoContext,
  Asks = NoContext,
> {
  /** One word, or several for a command in a group: `pin set`, `lab user add`. */
  readonly name: string;
  readonly summary: string;
  /** A longer text for its help page. */
  readonly description?: string;
  readonly arguments: Arguments;
  readonly options: Options;
  readonly examples: readonly [Example, ...Example[]];
  /**
   * Global options that had another meaning after the name of this command, and the options that
   * replaced them. They are refused there, and accepted before the name.
   */
  readonly formerOptions?: Readonly<Record<string, FormerOption>>;
  /**
   * Whether the text is to be copied, or read by a program: its lines are not broken at words where
   * a terminal is narrow.
   */
  readonly isData?: true;
  /** Whether a result that is longer than the terminal goes through the person's pager: a list. */
  readonly isPaged?: true;
  /**
   * Whether standard input belongs to the program that starts this command: questions are then
   * asked at the terminal of the process.
   */
  readonly hasForeignInput?: true;
  /**
   * Asks the person at the terminal for what the command line left out. An agent may carry the
   * command out with the answers. Called only where somebody can be asked.
   */
  readonly ask?: (
    input: GivenInput<Arguments, Options>,
    context: Asks,
  ) => Promise<Input<Arguments, Options>>;
  // a property, because TypeScript checks the parameters of methods less strictly
  readonly run: (input: Input<Arguments, Options>, context: Needs) => Promise<Result>;
  /**
   * Whether an agent that holds the vault runs this command, so that the app PIN is not asked for;
   * src/entry/agent-commands.ts lists what an agent can run. Absent for commands that change PINs,
   * keys, grants or access domains, or that reveal secrets.
   */
  isDelegable?(input: Input<Arguments, Options>, context: Needs): boolean | Promise<boolean>;
  /**
   * The result as text for standard output, without a newline at the end; an empty text prints
   * nothing.
   */
  text(result: Result, style: Style): string;
  /**
   * The result for `--json`. Dates become ISO 8601 text, counters numbers or strings; undefined
   * prints nothing.
   */
  json(result: Result): unknown;
  /** Remarks for standard error; `--quiet` turns them off. */
  notes?(result: Result): readonly string[];
  /**
   * The failures of a command that did the rest, printed to standard error even with `--quiet`. The
   * first one determines the exit code.
   */
  failures?(result: Result): readonly FobError[];
  /** Continues after the result is printed, for a command that runs until it is ended. */
  goOn?(result: Result): Promise<void>;
  /** The exit code of a successful result; 0 by default. */
  exitCode?(result: Result): number;
}

/** A command of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the list of commands holds differently typed ones, each called with its own input
export type AnyCommand = CommandDefinition<any, any, any, Context, Context>;

/**
 * Defines a command. The types of its input follow from its arguments and options; its part of the
 * context is the type of the second parameter of `run`, empty without one.
 */
export function defineCommand<
  const Arguments extends Readonly<Record<string, ArgumentDefinition>>,
  const Options extends Readonly<Record<string, OptionDefinition>>,
  Result,
  Needs = NoContext,
  Asks = NoContext,
>(
  definition: CommandDefinition<Arguments, Options, Result, Needs, Asks>,
): CommandDefinition<Arguments, Options, Result, Needs, Asks> {
  return definition;
}

/** An argument that must be given. */
export function required(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "required", placeholder, summary, candidates } as const;
}

/** An argument that must be given where nobody can be asked for it: see `ask` of the command. */
export function asked(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "asked", placeholder, summary, candidates } as const;
}

/** An argument that may be left out. */
export function optional(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "optional", placeholder, summary, candidates } as const;
}

/** An argument that may be given any number of times. */
export function variadic(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "variadic", placeholder, summary, candidates } as const;
}

/** The command line of another program, after `--`: its words are not parsed as our options. */
export function rest(placeholder: string, summary: string) {
  return { kind: "rest", placeholder, summary, candidates: "command" } as const;
}

/** An option without a value. */
export function flag(summary: string) {
  return { kind: "flag", summary } as const;
}

/** An option with one value. */
export function value(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "value", placeholder, summary, candidates } as const;
}

/** An option with an optional value. */
export function optionalValue(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "optionalValue", placeholder, summary, candidates } as const;
}

/** An option that takes one or more values. */
export function values(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "values", placeholder, summary, candidates } as const;
}
