import type { Example } from "#cli/command.ts";
import { optionName } from "#cli/command-line/option-name.ts";
import { argumentsOf, type CommandNode, optionsOf } from "./command-tree.ts";
import {
  bold,
  display,
  entry,
  escapeText,
  inlineCode,
  italic,
  page,
  pageHead,
  section,
} from "./roff.ts";

/** The name of a command's or a group's man page: `fob-pin-set`. */
export function pageName({ path }: CommandNode): string {
  return ["fob", ...path.split(" ")].filter(Boolean).join("-");
}

/** A command, or `fob` with the options that it can have, as a synopsis shows it. */
export function reference(name: string, manualSection: 1 | 7): string {
  return `${bold(name)}(${manualSection})`;
}

/** The man page of a group: what its commands are for. `related` are the pages beside it. */
export function groupPage(
  node: CommandNode,
  related: readonly CommandNode[],
  version: string,
): string {
  const name = `fob ${node.path}`;
  return page([
    pageHead({ name: pageName(node), section: 1, summary: node.summary, version }),
    ...section("synopsis", [`.B ${escapeText(name)}\n${italic("COMMAND")}\n[...]`]),
    ...section("description", [inlineCode(`The commands of \`${name}\`: ${node.summary}.`)]),
    ...commandsBelow(node),
    ...section("examples", examplesBelow(node).map(example)),
    ...section("see also", [references(related)]),
  ]);
}

/** The first example of each command of a group. */
function examplesBelow({ definition, children }: CommandNode): readonly Example[] {
  const [own] = definition?.examples ?? [];
  return [...(own ? [own] : []), ...children.flatMap(examplesBelow)];
}

function commandsBelow({ children }: CommandNode): string[] {
  const entries = children.map((child) =>
    entry(reference(pageName(child), 1), inlineCode(child.summary)),
  );
  return children.length === 0 ? [] : section("commands", entries);
}

function example({ command, explanation }: Example): string {
  return `.PP\n${inlineCode(explanation)}\n${display(command)}`;
}

function references(related: readonly CommandNode[]): string {
  return ["fob", ...related.map(pageName)].map((name) => reference(name, 1)).join(",\n");
}

/** The man page of one command; `related` are its group, and the other commands of that. */
export function commandPage(
  node: CommandNode,
  related: readonly CommandNode[],
  version: string,
): string {
  const { definition } = node;
  if (!definition) throw new Error(`${node.path} is no command`);
  const description = definition.description ?? `${definition.summary}.`;
  return page([
    pageHead({ name: pageName(node), section: 1, summary: definition.summary, version }),
    ...section("synopsis", [synopsis(node)]),
    ...section("description", [inlineCode(description)]),
    ...commandsBelow(node),
    ...section("arguments", argumentsOf(node).map(argument)),
    ...section("options", [
      ...optionsOf(node).map(option),
      `.PP\nThe options of every command are in ${reference("fob", 1)}.`,
    ]),
    ...section("examples", definition.examples.map(example)),
    ...section("exit status", [`As in ${reference("fob", 1)}.`]),
    ...section("see also", [references(related)]),
  ]);
}

function synopsis(node: CommandNode): string {
  const options = optionsOf(node).map(([key, definition]) => {
    const name = bold(optionName(key));
    return definition.kind === "flag" ? `[${name}]` : `[${name}\n${shapeOf(definition)}]`;
  });
  const args = argumentsOf(node).map(([, { kind, placeholder }]) => {
    const shapes = {
      required: italic(placeholder),
      asked: `[${italic(placeholder)}]`,
      optional: `[${italic(placeholder)}]`,
      variadic: `[${italic(placeholder)} ...]`,
      rest: `${bold("--")} ${italic(placeholder)} ...`,
    };
    return shapes[kind];
  });
  return [`.B fob ${escapeText(node.path)}`, ...options, ...args].join("\n");
}

function argument([, { placeholder, summary }]: ReturnType<typeof argumentsOf>[number]): string {
  return entry(italic(placeholder), inlineCode(summary));
}

function option([key, definition]: ReturnType<typeof optionsOf>[number]): string {
  const name = bold(optionName(key));
  const term = definition.kind === "flag" ? name : `${name} ${shapeOf(definition)}`;
  return entry(term, inlineCode(definition.summary));
}

function shapeOf({
  kind,
  placeholder,
}: {
  readonly kind: string;
  readonly placeholder: string;
}): string {
  if (kind === "values") return `${italic(placeholder)} ...`;
  return kind === "optionalValue" ? `[${italic(placeholder)}]` : italic(placeholder);
}
