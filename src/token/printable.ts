/**
 * Harmful characters: control characters act on a terminal; direction marks and invisible
 * characters make one name look like another; lone surrogates and noncharacters cannot be written
 * to files of other programs.
 */
const HARMFUL =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;

/**
 * Emoji sequences need some invisible characters: a variation selector directly after a pictograph,
 * and a joiner between two pictographs.
 */
const PICTURE = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;
const SELECTORS = "\ufe0e\ufe0f";
const JOINER = "\u200d";

/** A fast check that nearly every text passes: these characters are never harmful. */
const PLAIN = /^[ -~\u00a0-\u00ac\u00ae-\u02ff]*$/;

/**
 * Removes control characters, direction marks, invisible characters and lone surrogates. Emoji
 * sequences stay intact.
 */
export function stripControls(text: string): string {
  return replaceHarmful(text, () => "");
}

/**
 * Escapes control and invisible characters (`\x1b`, `\u202e`), so that a terminal does not act on
 * them.
 */
export function printable(text: string): string {
  return replaceHarmful(text, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    if (code.length > 4) return `\\u{${code}}`;
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

function replaceHarmful(text: string, replacement: (character: string) => string): string {
  if (PLAIN.test(text) || !HARMFUL.test(text)) return text;
  const characters = [...text];
  return characters
    .map((character, i) =>
      HARMFUL.test(character) && !holdsEmojiTogether(characters, i)
        ? replacement(character)
        : character,
    )
    .join("");
}

function holdsEmojiTogether(characters: readonly string[], i: number): boolean {
  const [before = "", character = "", after = ""] = [
    characters[i - 1],
    characters[i],
    characters[i + 1],
  ];
  if (SELECTORS.includes(character))
    return PICTURE.test(before) || (/[#*0-9]/.test(before) && after === "\u20e3");
  return (
    character === JOINER && (PICTURE.test(before) || before === "\ufe0f") && PICTURE.test(after)
  );
}
