const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Why a text is not Base32: the position of the first wrong character, counted from 1, or null when
 * the length is impossible.
 */
export interface Base32Fault {
  readonly position: number | null;
}

/**
 * The value of each letter. Only ASCII letters: `toUpperCase` would also accept letters such as the
 * dotless i, whose capital is an ASCII letter.
 */
const VALUES: ReadonlyMap<string, number> = new Map(
  [...LETTERS].flatMap((letter, value): [string, number][] => [
    [letter, value],
    [letter.toLowerCase(), value],
  ]),
);

/**
 * Decodes Base32 (RFC 4648 section 6) as people write it: in any letter case, with spaces and
 * dashes, with or without padding. The fault has the position of the error and never the character,
 * because the text is a secret.
 */
export function decodeBase32(text: string): Buffer | Base32Fault {
  const body = withoutPadding(text);
  const bytes = Buffer.alloc(Math.floor((body.length * 5) / 8));
  let bits = 0;
  let buffered = 0;
  let length = 0;
  let position = 0;
  let written = 0;
  for (const character of body) {
    position++;
    if (isSpace(character)) continue;
    const value = VALUES.get(character);
    if (value === undefined) return { position };
    length++;
    buffered = ((buffered << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[written++] = (buffered >> bits) & 0xff;
    }
  }
  // 1, 3 or 6 characters after whole groups of 8 do not end at a byte
  return [1, 3, 6].includes(length % 8) ? { position: null } : bytes.subarray(0, written);
}

/** The text without padding and spaces at its end. */
function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "=" || isSpace(text[end - 1] ?? ""))) end--;
  return text.slice(0, end);
}

function isSpace(character: string): boolean {
  return character === "-" || character.trim() === "";
}

/** Encodes bytes as Base32 without padding, as Key URIs require. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let buffered = 0;
  for (const byte of bytes) {
    buffered = ((buffered << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += LETTERS[(buffered >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + LETTERS[(buffered << (5 - bits)) & 31] : text;
}
