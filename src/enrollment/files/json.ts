import { FobError } from "../../fob-error.ts";
import { t } from "../../language.ts";

/** No app nests deeper than this; an open bracket costs a parser a hundred times its byte. */
const MAX_DEPTH = 64;

const BRACKETS: Readonly<Record<string, number>> = { "[": 1, "{": 1, "]": -1, "}": -1 };

/** The value that a JSON text holds, or null for a text that does not begin like an object or an array. Throws FobError `invalid`. */
export function parseJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return null;
  if (isTooDeep(text)) throw new FobError("invalid", t("the file nests deeper than any app's"));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FobError("invalid", t("the file begins like JSON, and is damaged"), { cause });
  }
}

/** Brackets inside strings do not count. A loop, because a regular expression runs out of stack in a string of megabytes. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length && depth <= MAX_DEPTH; i++) {
    const character = text[i];
    if (isInString && character === "\\") i++;
    else if (character === '"') isInString = !isInString;
    else if (!isInString) depth += BRACKETS[character ?? ""] ?? 0;
  }
  return depth > MAX_DEPTH;
}
