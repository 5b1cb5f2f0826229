import type { CompletionEntry, CompletionTable } from "./completion-table.ts";
import { fillIn } from "./fill-in.ts";
import { aliasCases, quoteForShell, valueCases } from "./shell-case.ts";

/** The completion script for bash: its engine with the table in it. */
export function bashCompletion(engine: string, table: CompletionTable): string {
  return fillIn(engine, {
    ENTRIES: table.entries.flatMap(caseOf).join("\n"),
    ALIASES: aliasCases(table),
    ...valueCases(table),
    GLOBAL_OPTIONS: table.globalOptions.map(({ text }) => text).join(" "),
  });
}

function caseOf({ path, commands, options, refused, places }: CompletionEntry): string[] {
  const list = (words: CompletionEntry["commands"]) => words.map(({ text }) => text).join(" ");
  const settings = [
    ...(commands.length > 0 ? [`commands=${quoteForShell(list(commands))}`] : []),
    ...(options.length > 0 ? [`options=${quoteForShell(list(options))}`] : []),
    ...(refused.length > 0 ? [`refused=${quoteForShell(refused.join(" "))}`] : []),
    ...(places.length > 0 ? [`places=(${places.map(quoteForShell).join(" ")})`] : []),
  ];
  return settings.length === 0 ? [] : [`  ${quoteForShell(path)}) ${settings.join(" ")} ;;`];
}
