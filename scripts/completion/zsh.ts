import type { CompletionEntry, CompletionTable, Word } from "./completion-table.ts";
import { fillIn } from "./fill-in.ts";
import { aliasCases, quoteForShell, valueCases } from "./shell-case.ts";

/** The completion script for zsh: its engine with the table in it. */
export function zshCompletion(engine: string, table: CompletionTable): string {
  return fillIn(engine, {
    ENTRIES: table.entries.flatMap(caseOf).join("\n"),
    ALIASES: aliasCases(table),
    ...valueCases(table),
    GLOBAL_OPTIONS: table.globalOptions.map((option) => `      ${describe(option)}`).join("\n"),
  });
}

function caseOf({ path, commands, options, refused, places }: CompletionEntry): string[] {
  const lists = [
    ...listOf("subcommands", commands.map(describe)),
    ...listOf("own_options", options.map(describe)),
    ...listOf("refused", refused.map(quoteForShell)),
    ...listOf("places", places.map(quoteForShell)),
  ];
  return lists.length === 0 ? [] : [`  ${quoteForShell(path)})`, ...lists, "    ;;"];
}

function listOf(name: string, words: readonly string[]): string[] {
  return words.length === 0
    ? []
    : [`    ${name}=(`, ...words.map((word) => `      ${word}`), "    )"];
}

/** zsh parts a word from its description by a colon. */
function describe({ text, summary }: Word): string {
  return quoteForShell(`${text.replaceAll(":", "\\:")}:${summary}`);
}
