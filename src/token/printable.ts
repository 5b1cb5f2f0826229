/** Control characters, and the marks that turn the direction of text: what a name can do harm with on a terminal. */
const CONTROLS = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

/** The text without control characters, direction marks and lone surrogates. */
export function stripControls(text: string): string {
  return text.replace(CONTROLS, "");
}

/** The text with control characters shown as escapes (`\x1b`, `\u202e`), so that a terminal does not act on them. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}
