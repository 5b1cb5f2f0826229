import type { AnyCommand } from "#cli/command.ts";
import { commandPage, groupPage, pageName, reference } from "./command-page.ts";
import { type CommandNode, commandTree, flatten } from "./command-tree.ts";
import { mainPage } from "./main-page.ts";
import { blocksToRoff, type DocumentSection, sectionsOf } from "./markdown.ts";
import { page, pageHead, section } from "./roff.ts";

/** An overview in section 7, and the document that it is made of. */
interface Overview {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
}

const OVERVIEWS: readonly Overview[] = [
  {
    name: "fob-agent",
    summary: "the process that holds fob's vault open",
    source: "docs/agent.md",
  },
  {
    name: "fob-enrollment",
    summary: "what fob can enroll, import and export",
    source: "docs/enrollment.md",
  },
  {
    name: "fob-security",
    summary: "what fob protects, against whom, and how far",
    source: "docs/security.md",
  },
];

/** Every man page, by path. `read` gives the text of a file of this project. */
export function manPages(
  commands: readonly AnyCommand[],
  read: (path: string) => string,
): [string, string][] {
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  const root = commandTree(commands);
  const exitCodes = exitCodeTable(read("docs/scripts.md"));
  const overviews = OVERVIEWS.map(({ name }) => name);
  return [
    ["man/fob.1", mainPage(root, { version, exitCodes, overviews })],
    ...flatten(root).flatMap((node) => pagesBelow(node, version)),
    ...OVERVIEWS.map((overview): [string, string] => [
      `man/${overview.name}.7`,
      overviewPage(overview, read(overview.source), version),
    ]),
  ];
}

/** The pages of the commands and groups right below a node. */
function pagesBelow(parent: CommandNode, version: string): [string, string][] {
  const { path, children } = parent;
  return children.map((node) => {
    const siblings = path === "" ? [] : children.filter((other) => other !== node);
    const related = path === "" ? [] : [parent, ...siblings];
    const make = node.definition === null ? groupPage : commandPage;
    return [`man/${pageName(node)}.1`, make(node, related, version)];
  });
}

function overviewPage({ name, summary }: Overview, markdown: string, version: string): string {
  return page([
    pageHead({ name, section: 7, summary, version }),
    ...sectionsOf(markdown).flatMap(sectionToRoff),
    ...section("see also", [reference("fob", 1)]),
  ]);
}

function sectionToRoff({ title, tokens }: DocumentSection): string[] {
  const text = blocksToRoff(tokens);
  return text === "" ? [] : section(title || "description", [text]);
}

/** The one table of exit codes that there is. */
function exitCodeTable(markdown: string): string {
  const tables = sectionsOf(markdown).flatMap(({ tokens }) =>
    tokens.filter(({ type }) => type === "table"),
  );
  const table = tables.find(({ raw }) => /^\| code +\| meaning/.test(raw));
  if (!table) throw new Error("docs/scripts.md has lost its table of exit codes");
  return blocksToRoff([table]);
}
