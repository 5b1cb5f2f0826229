import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { printable } from "./printable.ts";

/** The longest note, in bytes of UTF-8. */
export const MAX_NOTE_BYTES = 64 * 1024;

/**
 * A note as it is stored: without the line feed at its end that programs and editors add. Null for
 * none. Throws FobError `invalid` for one that is too long.
 */
export function parseNote(text: string): string | null {
  const note = text.replace(/\r?\n$/, "");
  if (note === "") return null;
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES)
    throw new FobError("invalid", t`a note has at most ${MAX_NOTE_BYTES / 1024} KiB`);
  return note;
}

/**
 * A note of a foreign file, as it is stored. Null for none, and for one that is too long to be
 * kept.
 */
export function foreignNote(text: string | null | undefined): string | null {
  if (!text?.trim() || Buffer.byteLength(text) > MAX_NOTE_BYTES) return null;
  return parseNote(text);
}

/** A note for a terminal: lines and tabs as they are, other control characters escaped. */
export function printableNote(note: string): string {
  const line = (text: string) => text.split("\t").map(printable).join("\t");
  return note
    .split("\n")
    .map((text) => line(text.endsWith("\r") ? text.slice(0, -1) : text))
    .join("\n");
}
