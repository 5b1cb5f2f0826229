import { displayWidth } from "./width.ts";

/** The size of a terminal; undefined where it does not tell. */
interface Size {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * Whether a text and the line of the shell below it fit on a terminal. Longer lines are wrapped.
 */
export function fitsTerminal(text: string, { columns, rows }: Size): boolean {
  if (!columns || !rows) return true;
  let left = rows - 1;
  for (const line of text.split("\n")) {
    left -= Math.max(1, Math.ceil(displayWidth(line) / columns));
    if (left < 0) return false;
  }
  return true;
}
