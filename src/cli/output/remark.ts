import type { Style } from "./style.ts";
import { displayWidth, wrapWords } from "./width.ts";

/**
 * Writes lines for a person to standard error. On a terminal they are broken at words: the terminal
 * itself would break them anywhere.
 */
export function writeLines(stderr: NodeJS.WriteStream, text: string): void {
  stderr.write(stderr.isTTY ? wrapLines(text, stderr.columns || 80) : text);
}

/** A text for people as a result: on a terminal its lines are broken at words. */
export function inLines(text: string, { columns, isSpoken }: Style): string {
  return columns === null || isSpoken ? text : wrapLines(text, columns);
}

/** A text whose lines are broken at words where they are wider than `columns`. */
export function wrapLines(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap((line) => (displayWidth(line) > columns ? wrapWords(line, columns) : [line]))
    .join("\n");
}
