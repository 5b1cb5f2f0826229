import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** No app nests deeper than this; an open bracket costs a parser a hundred times its byte. */
const MAX_DEPTH = 64;

/**
 * Twenty thousand entries of thirty values each. A value costs up to a hundred bytes, however few
 * it is written in.
 */
const MAX_VALUES = 600_000;

/** What a JSON text may come to, in values and levels. */
export interface JsonLimits {
  readonly values: number;
}

/**
 * The value that a JSON text holds, or null for a text that does not begin like an object or an
 * array. Throws FobError `invalid`.
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
 * Throws FobError `invalid` for a text that nests too deeply or holds too many values: every one
 * but the first stands behind a bracket, a comma or a colon. What stands inside strings does not
 * count.
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

/** Where the string ends that begins at `start`, or the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i;
  }
  return text.length;
}
