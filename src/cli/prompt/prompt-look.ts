import { styleText } from "node:util";
import { type Text, t, translated } from "#base/language.ts";

/** Texts of @inquirer/prompts that have no option of their own. */
const INQUIRER_TEXTS: readonly Text[] = [
  "navigate",
  "select",
  "No results found",
  "You must provide a value",
];

function translateInquirer(text: string): string {
  return INQUIRER_TEXTS.includes(text) ? translated(text) : text;
}

/** The theme of all prompts: the default look with translated texts. */
export function promptLook() {
  const tip = ([key, action]: readonly [string, string]) =>
    `${styleText("bold", key)} ${styleText("dim", translateInquirer(action))}`;
  return {
    style: {
      maskedText: t("[input is masked]"),
      keysHelpTip: (keys: [string, string][]) => keys.map(tip).join(styleText("dim", " • ")),
      error: (text: string) => styleText("red", `> ${translateInquirer(text)}`),
    },
  };
}
