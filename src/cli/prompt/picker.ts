import type { Token } from "#token/token.ts";
import { bestMatches } from "./fuzzy.ts";
import type { Choice } from "./prompt.ts";
import { promptLook } from "./prompt-look.ts";
import { questionLines } from "./question-lines.ts";

/**
 * The label of a token in the picker and on the screen of `--watch`: `name (issuer, account)
 * [tags]`.
 */
export function labelToken({
  name,
  issuer,
  account,
  tags = [],
}: Pick<Token, "name" | "issuer" | "account"> & Partial<Pick<Token, "tags">>): string {
  const more = [issuer, account].filter((part) => part !== null && part !== name).join(", ");
  const sorted = tags.length === 0 ? "" : ` [${tags.join(", ")}]`;
  return `${more === "" ? name : `${name} (${more})`}${sorted}`;
}

/**
 * The options of a picker for `search` of @inquirer/prompts: typing narrows the rows. Question and
 * rows are broken at words.
 */
export function pickerOf<T>(question: string, choices: readonly Choice<T>[], columns = 80) {
  // a mark stands before the question and the selected row
  const inLines = (text: string, gap: string) => questionLines(text, columns - 2).join(`\n${gap}`);
  const row = ({ label, value }: Choice<T>) => ({ name: inLines(label, "  "), value });
  return {
    message: inLines(question, ""),
    source: (typed = "") => bestMatches(typed, choices, ({ label }) => label).map(row),
    theme: promptLook(),
  };
}
