import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** More tokens than a list can be expected to have. */
export const MAX_ENTRIES = 20_000;

/** Throws FobError `invalid` for more tokens than that. */
export function refuseTooMany(count: number): void {
  if (count > MAX_ENTRIES)
    throw new FobError("invalid", t`the file has more than ${MAX_ENTRIES} entries`);
}

/** One enrollment string of a list, and the number of its line. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * The enrollment strings of a list, one a line; empty lines and those that begin with `#` do not
 * count. Throws FobError `invalid`.
 */
export function readLines(list: string): Line[] {
  const lines: Line[] = [];
  let number = 0;
  for (let start = 0; start < list.length; ) {
    const found = list.indexOf("\n", start);
    const end = found === -1 ? list.length : found;
    const text = list.slice(start, end).trim();
    number++;
    start = end + 1;
    if (text !== "" && !text.startsWith("#")) lines.push({ text, number });
    if (lines.length > MAX_ENTRIES)
      throw new FobError("invalid", t`the list has more than ${MAX_ENTRIES} lines`);
  }
  return lines;
}
