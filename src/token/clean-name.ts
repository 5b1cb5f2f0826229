import { stripControls } from "./printable.ts";

/** The longest name, in characters: longer ones do not fit into any list. */
export const MAX_NAME_LENGTH = 256;

/** A name from a foreign source, without harmful characters. */
export interface CleanName {
  /** Null when no character is left. */
  readonly name: string | null;
  /** Whether control or invisible characters were taken out. */
  readonly wasHarmful: boolean;
  readonly isTooLong: boolean;
}

/**
 * Cleans a name that did not come from the user: removes control and invisible characters, lone
 * surrogates and surrounding space. A name that is too long is not cut, only marked.
 */
export function cleanText(text: string): CleanName {
  const stripped = stripControls(text);
  const name = stripped.trim();
  const isTooLong =
    name.length > MAX_NAME_LENGTH &&
    [...name.slice(0, 2 * MAX_NAME_LENGTH + 2)].length > MAX_NAME_LENGTH;
  return { name: name === "" ? null : name, wasHarmful: stripped !== text, isTooLong };
}

/**
 * {@link cleanText}, cut to {@link MAX_NAME_LENGTH}: for a token that must be stored with any name.
 */
export function shortenName(text: string): string | null {
  const { name } = cleanText(text);
  return name === null
    ? null
    : [...name.slice(0, 2 * MAX_NAME_LENGTH)].slice(0, MAX_NAME_LENGTH).join("").trimEnd();
}
