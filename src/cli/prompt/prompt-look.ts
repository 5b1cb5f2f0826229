import { styleText } from "node:util";
import { type Text, t, translated } from "#base/language.ts";

/** What the prompts of @inquirer/prompts say without being told to. */
const THEIR_WORDS: readonly Text[] = [
  "navigate",
  "select",
  "toggle visibility",
  "No results found",
  "You must provide a value",
];

function inOurWords(text: string): string {
  return THEIR_WORDS.includes(text) ? translated(text) : text;
}

/** The theme of all prompts: their own look, in the person's language. */
export function promptLook() {
  const tip = ([key, action]: readonly [string, string]) =>
    `${styleText("bold", key)} ${styleText("dim", inOurWords(action))}`;
  return {
    style: {
      maskedText: t("[input is masked]"),
      keysHelpTip: (keys: [string, string][]) => keys.map(tip).join(styleText("dim", " • ")),
      error: (text: string) => styleText("red", `> ${inOurWords(text)}`),
    },
  };
}
