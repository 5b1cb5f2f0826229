/**
 * What a name can do harm with: control characters act on a terminal, marks that turn the direction
 * of text and characters that nobody sees make one name look like another, and lone surrogates and
 * what is no character cannot be written to files of other programs.
 */
const HARMFUL =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;

/**
 * The invisible characters that emoji are put together with: right behind a picture, and joined
 * only to another one.
 */
const PICTURE = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;
const SELECTORS = "\ufe0e\ufe0f";
const JOINER = "\u200d";

/** Nearly every text: nothing in it needs a closer look. */
const PLAIN = /^[ -~\u00a0-\u00ac\u00ae-\u02ff]*$/;

/**
 * The text without control characters, direction marks, invisible characters and lone surrogates.
 * What holds an emoji together stays.
 */
export function stripControls(text: string): string {
  return replaceHarmful(text, () => "");
}

/**
 * The text with control and invisible characters shown as escapes (`\x1b`, `\u202e`), so that a
 * terminal does not act on them.
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
