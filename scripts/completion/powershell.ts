import type { CompletionEntry, CompletionTable, Place, Word } from "./completion-table.ts";
import { fillIn } from "./fill-in.ts";

/** The completion script for PowerShell: its engine with the table in it. */
export function powershellCompletion(
  engine: string,
  { aliases, entries, globalOptions, globalValues }: CompletionTable,
): string {
  return fillIn(engine, {
    ALIASES: aliases
      .map(([alias, command]) => `        ${quote(alias)} = ${quote(command)}`)
      .join("\n"),
    ENTRIES: entries.map(entryOf).join("\n"),
    GLOBAL_OPTIONS: globalOptions.map((option) => `        ${pair(option)}`).join("\n"),
    GLOBAL_VALUES: Object.entries(globalValues)
      .map(([option, place]) => `        ${quote(option)} = ${quote(place)}`)
      .join("\n"),
  });
}

function entryOf({ path, commands, options, refused, values, places }: CompletionEntry): string {
  return [
    `        ${quote(path)} = @{`,
    `            Commands = @(${commands.map(pair).join("; ")})`,
    `            Options = @(${options.map(pair).join("; ")})`,
    `            Refused = @(${refused.map(quote).join(", ")})`,
    `            Values = @{ ${Object.entries(values).map(assignment).join("; ")} }`,
    `            Places = @(${places.map(quote).join(", ")})`,
    "        }",
  ].join("\n");
}

function assignment([option, place]: [string, Place]): string {
  return `${quote(option)} = ${quote(place)}`;
}

/** The comma keeps a list of one pair from becoming the pair. */
function pair({ text, summary }: Word): string {
  return `, @(${quote(text)}, ${quote(summary)})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
