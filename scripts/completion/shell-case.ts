import type { CompletionTable, Place } from "./completion-table.ts";

/** A word in single quotes, as every shell of the Bourne family reads it. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The branches that set `word` to the command that an alias stands for. */
export function aliasCases({ aliases }: CompletionTable): string {
  return aliases.map(([alias, command]) => `        ${alias}) word=${command} ;;`).join("\n");
}

/** The branches that set `place` to what stands after an option: of every command, and of one. */
export function valueCases({ entries, globalValues }: CompletionTable): {
  GLOBAL_VALUES: string;
  VALUES: string;
} {
  return {
    GLOBAL_VALUES: casesOf("  ", "", globalValues).join("\n"),
    VALUES: entries.flatMap(({ path, values }) => casesOf("    ", `${path} `, values)).join("\n"),
  };
}

function casesOf(
  indentation: string,
  before: string,
  values: Readonly<Record<string, Place>>,
): string[] {
  return Object.entries(values).map(
    ([option, place]) =>
      `${indentation}${quoteForShell(before + option)}) place=${quoteForShell(place)} ;;`,
  );
}
