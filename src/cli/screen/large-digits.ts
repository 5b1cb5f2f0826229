import { ownValue } from "#base/own-value.ts";

/** Large digits: three cells wide, five high. */
const DIGITS: Readonly<Record<string, readonly string[]>> = {
  "0": ["███", "█ █", "█ █", "█ █", "███"],
  "1": [" █ ", "██ ", " █ ", " █ ", "███"],
  "2": ["███", "  █", "███", "█  ", "███"],
  "3": ["███", "  █", "███", "  █", "███"],
  "4": ["█ █", "█ █", "███", "  █", "  █"],
  "5": ["███", "█  ", "███", "  █", "███"],
  "6": ["███", "█  ", "███", "█ █", "███"],
  "7": ["███", "  █", "  █", "  █", "  █"],
  "8": ["███", "█ █", "███", "█ █", "███"],
  "9": ["███", "█ █", "███", "  █", "███"],
};

const ROWS = [0, 1, 2, 3, 4] as const;

/**
 * Digits as lines of large characters; null for a text with other characters, or one that does not
 * fit into `columns`.
 */
export function largeDigits(text: string, columns: number): string[] | null {
  const digits = [...text].map((character) => ownValue(DIGITS, character));
  if (digits.length === 0 || digits.length * 5 > columns || digits.includes(undefined)) return null;
  return ROWS.map((row) => digits.map((digit) => digit?.[row] ?? "").join("  "));
}
