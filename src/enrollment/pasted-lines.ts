import { type Line, readLines } from "./lines.ts";
import { mend } from "./mending.ts";
import { identify } from "./recognize.ts";

const URI = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * The enrollment strings of a pasted text: all of it, or one a line, where lines that a program has
 * broken are joined. A string begins at each line that begins with a scheme (`otpauth://`) or is an
 * activation code; what stands between two of them belongs to the first. A bare secret is never
 * taken for a line of its own beside others: it may be the end of the one before.
 */
export function readPastedLines(text: string): Line[] {
  if (isOneString(text)) return [{ text, number: 1 }];
  const strings: Line[] = [];
  for (const line of readLines(text)) {
    const last = strings.at(-1);
    if (last === undefined || beginsString(line.text)) strings.push(line);
    else strings[strings.length - 1] = { ...last, text: `${last.text}${line.text}` };
  }
  return strings;
}

/**
 * Whether a text of several lines is one enrollment string, as those of some formats may be. Where
 * each line begins one by itself, it is several.
 */
export function isOneString(text: string): boolean {
  if (identify(text)?.isMultiline !== true) return false;
  const lines = readLines(text);
  return lines.length < 2 || !lines.every((line) => beginsString(line.text));
}

function beginsString(line: string): boolean {
  if (URI.test(mend(line).text)) return true;
  const format = identify(line);
  return format !== null && format.id !== "bare-secret";
}
