import type { AnyCommand } from "#cli/command.ts";
import { commandTree } from "../manual/command-tree.ts";
import { bashCompletion } from "./bash.ts";
import { type CompletionTable, completionTable } from "./completion-table.ts";
import { fishCompletion } from "./fish.ts";
import { powershellCompletion } from "./powershell.ts";
import { zshCompletion } from "./zsh.ts";

/**
 * The file of each shell's script, the engine that it is made from, and how the table gets into it.
 */
const SHELLS: readonly [
  file: string,
  engine: string,
  fill: (engine: string, table: CompletionTable) => string,
][] = [
  ["fob.bash", "engine.bash", bashCompletion],
  ["_fob", "engine.zsh", zshCompletion],
  ["fob.fish", "engine.fish", fishCompletion],
  ["fob.ps1", "engine.ps1", powershellCompletion],
];

/**
 * The completion scripts of all shells, by path. `read` gives the text of a file of this project.
 */
export function completionScripts(
  commands: readonly AnyCommand[],
  read: (path: string) => string,
): [string, string][] {
  const table = completionTable(commandTree(commands));
  return SHELLS.map(([file, engine, fill]) => [
    `completions/${file}`,
    fill(read(`scripts/completion/${engine}`), table),
  ]);
}
