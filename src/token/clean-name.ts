import { stripControls } from "./printable.ts";

/** The longest name, in characters: longer ones help nobody, and no list can show them. */
export const MAX_NAME_LENGTH = 256;

/** A name from elsewhere, made harmless. */
export interface CleanName {
  /** Null when nothing is left. */
  readonly name: string | null;
  /** Whether control or invisible characters were taken out. */
  readonly wasHarmful: boolean;
  readonly isTooLong: boolean;
}

/**
 * What every name goes through that anybody but the user has chosen: without control and invisible
 * characters, lone surrogates and the space around it. A name that is too long is cut where it is
 * used all the same.
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
 * {@link cleanText}, cut to the longest name that there can be: for a token that is kept whatever
 * it is called.
 */
export function shortenName(text: string): string | null {
  const { name } = cleanText(text);
  return name === null
    ? null
    : [...name.slice(0, 2 * MAX_NAME_LENGTH)].slice(0, MAX_NAME_LENGTH).join("").trimEnd();
}
