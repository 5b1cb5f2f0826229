import type { AnyCommand, ArgumentDefinition, OptionDefinition } from "#cli/command.ts";
import { GROUPS } from "#cli/command-line/groups.ts";

/** A command, or a group of commands, as the words that follow each other on a command line. */
export interface CommandNode {
  /** The words after `fob`: empty for fob itself, `pin` for a group, `pin set` for a command. */
  readonly path: string;
  readonly summary: string;
  /** The words that can come next. */
  readonly children: readonly CommandNode[];
  /** Null for a group. */
  readonly definition: AnyCommand | null;
}

/** fob itself, with everything below it. */
export function commandTree(commands: readonly AnyCommand[], path = "", summary = ""): CommandNode {
  const below = commands.filter(
    ({ name }) => path === "" || name === path || name.startsWith(`${path} `),
  );
  const definition = below.find(({ name }) => name === path) ?? null;
  const deeper = below.filter(({ name }) => name !== path).map(({ name }) => childPath(name, path));
  const children = [...new Set(deeper)].map((child) =>
    commandTree(below, child, summaryOf(child, commands)),
  );
  return { path, summary, children, definition };
}

/** The node and all below it, in the order of help. */
export function flatten(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(flatten)];
}

/** The arguments of a node with their names. */
export function argumentsOf({ definition }: CommandNode): [string, ArgumentDefinition][] {
  return Object.entries(definition?.arguments ?? {}) as [string, ArgumentDefinition][];
}

/** The own options of a node with their keys. */
export function optionsOf({ definition }: CommandNode): [string, OptionDefinition][] {
  return Object.entries(definition?.options ?? {}) as [string, OptionDefinition][];
}

function childPath(name: string, path: string): string {
  const depth = path === "" ? 0 : path.split(" ").length;
  return name
    .split(" ")
    .slice(0, depth + 1)
    .join(" ");
}

function summaryOf(path: string, commands: readonly AnyCommand[]): string {
  return commands.find(({ name }) => name === path)?.summary ?? GROUPS[path] ?? "";
}
