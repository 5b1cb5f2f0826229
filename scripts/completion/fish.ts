import type { CompletionEntry, CompletionTable, Place, Word } from "./completion-table.ts";
import { fillIn } from "./fill-in.ts";

/** The completion script for fish: its engine with the table in it. */
export function fishCompletion(
  engine: string,
  { aliases, entries, globalOptions, globalValues }: CompletionTable,
): string {
  return fillIn(engine, {
    ALIASES: aliases
      .map(([alias, command]) => `case ${alias}\n${" ".repeat(32)}set word ${command}`)
      .map((line) => " ".repeat(28) + line)
      .join("\n"),
    COMMANDS: casesOf(entries, ({ commands }) => commands.length > 0 && printWords(commands)),
    OPTIONS: casesOf(entries, ({ options }) => options.length > 0 && printWords(options)),
    PLACES: casesOf(
      entries,
      ({ places }) => places.length > 0 && `printf '%s\\n' ${places.map(quote).join(" ")}`,
    ),
    REFUSED: casesOf(
      entries,
      ({ refused }) => refused.length > 0 && `set refused ${refused.map(quote).join(" ")}`,
    ),
    GLOBAL_OPTIONS: globalOptions.map(quoteWord).join(" "),
    GLOBAL_VALUES: casesOfValues("        ", "", globalValues),
    VALUES: entries
      .map(({ path, values }) => casesOfValues("                ", `${path} `, values))
      .filter((cases) => cases !== "")
      .join("\n"),
  });
}

function casesOf(
  entries: readonly CompletionEntry[],
  print: (entry: CompletionEntry) => string | false,
): string {
  return entries
    .flatMap((entry) => {
      const command = print(entry);
      return command ? [`        case ${quote(entry.path)}`, `            ${command}`] : [];
    })
    .join("\n");
}

function casesOfValues(
  indentation: string,
  before: string,
  values: Readonly<Record<string, Place>>,
): string {
  return Object.entries(values)
    .map(
      ([option, place]) =>
        `${indentation}case ${quote(before + option)}\n${indentation}    echo ${quote(place)}`,
    )
    .join("\n");
}

function printWords(words: readonly Word[]): string {
  return `printf '%s\\t%s\\n' ${words.map(quoteWord).join(" ")}`;
}

function quoteWord({ text, summary }: Word): string {
  return `${quote(text)} ${quote(summary)}`;
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
