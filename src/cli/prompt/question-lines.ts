import { wrapWhole } from "#cli/output/width.ts";
import { printable } from "#token/printable.ts";

/** A question as lines of at most `columns` cells, broken at words and where it has line breaks. */
export function questionLines(question: string, columns: number): string[] {
  return question
    .trim()
    .split(/\r?\n/)
    .flatMap((line) => (line.trim() === "" ? [""] : wrapWhole(printable(line), columns)));
}
