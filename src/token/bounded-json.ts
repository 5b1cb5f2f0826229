import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * The deepest nesting that is accepted; no app nests deeper. An open bracket costs a parser a
 * hundred times its byte in memory.
 */
const MAX_DEPTH = 64;

/**
 * Enough for twenty thousand entries of thirty values each. A value takes up to a hundred bytes of
 * memory, however short its text.
 */
const MAX_VALUES = 600_000;

/** The limits of a JSON text. */
export interface JsonLimits {
  readonly values: number;
}

/**
 * Parses a JSON text within limits; null for a text that does not begin like an object or an array.
 * Throws FobError `invalid` for damaged JSON and for a text beyond the limits.
 */
export function parseJson(text: string, limits: JsonLimits = { values: MAX_VALUES }): unknown {
  if (!text.startsWith("{") && !text.startsWith("[")) return null;
  refuseExcess(text, limits);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FobError("invalid", t("the file begins like JSON, and is damaged"), { cause });
  }
}

/**
 * {@link parseJson} for a part of a file, which does not stop the rest: null where it is damaged.
 */
export function parseJsonOrNull(text: string, limits?: JsonLimits): unknown {
  try {
    return parseJson(text, limits);
  } catch (error) {
    if (error instanceof FobError) return null;
    throw error;
  }
}

/**
 * Throws FobError `invalid` for a text that nests too deeply or has too many values. Values are
 * counted by the brackets, commas and colons outside strings, because one precedes each value but
 * the first.
 */
function refuseExcess(text: string, { values }: JsonLimits): void {
  let depth = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        count++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      case COMMA:
      case COLON:
        count++;
        break;
    }
    if (depth > MAX_DEPTH) throw new FobError("invalid", t("the file nests deeper than any app's"));
    if (count > values) throw new FobError("invalid", t`the file holds more than ${values} values`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/** The position of the quote that ends the string at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  return text.length;
}
