import type { FobError } from "#base/fob-error.ts";
import type { Text } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import type { Context } from "./context.ts";

/**
 * What a shell can offer where a value stands: the names of tokens, files, folders, a command line,
 * these words, or, with no words, nothing.
 */
export type Candidates = "token" | "file" | "folder" | "command" | readonly string[];

/** An argument of a command: required, optional, any number of them, or all words after `--`. */
export interface ArgumentDefinition {
  readonly kind: "required" | "optional" | "variadic" | "rest";
  /** As help shows it, in capitals. */
  readonly placeholder: string;
  readonly summary: string;
  readonly candidates: Candidates;
}

/**
 * An option of a command: a flag, one value, any number of values, or a flag that may have a value.
 * Its name is its key in kebab-case.
 */
export type OptionDefinition =
  | { readonly kind: "flag"; readonly summary: string }
  | {
      readonly kind: "value" | "values" | "optionalValue";
      readonly placeholder: string;
      readonly summary: string;
      readonly candidates: Candidates;
    };

type ValueOf<Definition> = Definition extends { kind: "required" }
  ? string
  : Definition extends { kind: "variadic" | "rest" | "values" }
    ? readonly string[]
    : Definition extends { kind: "flag" }
      ? boolean
      : Definition extends { kind: "optionalValue" }
        ? string | true | undefined
        : string | undefined;

/**
 * What a command gets from the command line: a value for every argument and option that it defines.
 */
export type Input<Arguments, Options> = {
  readonly [K in keyof Arguments]: ValueOf<Arguments[K]>;
} & {
  readonly [K in keyof Options]: ValueOf<Options[K]>;
};

/** How one line of help shows what a command can do. */
export interface Example {
  readonly command: string;
  readonly explanation: string;
}

/** The option that has an older one's meaning, by its key, and what that is. */
export interface FormerOption {
  readonly now: string;
  readonly meaning: Text;
}

/** The part of the context that a command has which names none. */
type NoContext = Readonly<Record<never, never>>;

/**
 * One command: its words for the command line, help, completions and man pages, and what it does.
 * `run` neither prints nor exits: it returns a result or throws a FobError. `Needs` is the part of
 * the context that it takes.
 */
export interface CommandDefinition<Arguments, Options, Result, Needs = NoContext> {
  /** One word, or several for a command of a group: `pin set`, `lab user add`. */
  readonly name: string;
  readonly summary: string;
  /** More about it, for its help page. */
  readonly description?: string;
  readonly arguments: Arguments;
  readonly options: Options;
  readonly examples: readonly [Example, ...Example[]];
  /**
   * Global options that had a meaning of their own after this command's name, and the option that
   * has that meaning now. They are refused there, and still understood before the name.
   */
  readonly formerOptions?: Readonly<Record<string, FormerOption>>;
  // a property, not a method: what needs more than there is must not compile
  readonly run: (input: Input<Arguments, Options>, context: Needs) => Promise<Result>;
  /**
   * Whether an agent that holds the vault carries this out, so that the app PIN is not asked for:
   * what an agent may do is in src/entry/agent-commands.ts. Left out for what changes PINs, keys,
   * grants and access domains, or hands out secrets.
   */
  isDelegable?(input: Input<Arguments, Options>, context: Needs): boolean | Promise<boolean>;
  /**
   * How standard output shows the result, without the last newline; an empty text prints nothing.
   */
  text(result: Result, style: Style): string;
  /**
   * What `--json` prints. Dates become ISO 8601 text, counters numbers or strings; undefined prints
   * nothing more.
   */
  json(result: Result): unknown;
  /** Remarks for standard error, which `--quiet` silences. */
  notes?(result: Result): readonly string[];
  /**
   * What failed where the rest was done: named on standard error, whatever `--quiet` says. The
   * first one decides the exit code.
   */
  failures?(result: Result): readonly FobError[];
  /** What goes on after the result was printed, for a command that serves until it is ended. */
  goOn?(result: Result): Promise<void>;
  /** The exit code of a result that is not an error; 0 unless the contract says otherwise. */
  exitCode?(result: Result): number;
}

/** A command whose types only its own file knows. */
// biome-ignore lint/suspicious/noExplicitAny: the list of commands holds differently typed ones, each called with its own input
export type AnyCommand = CommandDefinition<any, any, any, Context>;

/**
 * Defines a command; the types of its input follow from its arguments and options, and what it
 * takes of the context from the type that its `run` gives that parameter. Where it gives none, there
 * is nothing in it.
 */
export function defineCommand<
  const Arguments extends Readonly<Record<string, ArgumentDefinition>>,
  const Options extends Readonly<Record<string, OptionDefinition>>,
  Result,
  Needs = NoContext,
>(
  definition: CommandDefinition<Arguments, Options, Result, Needs>,
): CommandDefinition<Arguments, Options, Result, Needs> {
  return definition;
}

/** An argument that must be given. */
export function required(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "required", placeholder, summary, candidates } as const;
}

/** An argument that may be left out. */
export function optional(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "optional", placeholder, summary, candidates } as const;
}

/** An argument that may be given any number of times. */
export function variadic(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "variadic", placeholder, summary, candidates } as const;
}

/** The command line of another program, after `--`: none of its words is an option of ours. */
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

/** An option that can stand alone or have one value. */
export function optionalValue(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "optionalValue", placeholder, summary, candidates } as const;
}

/** An option that takes one or more values. */
export function values(placeholder: string, summary: string, candidates: Candidates = []) {
  return { kind: "values", placeholder, summary, candidates } as const;
}
