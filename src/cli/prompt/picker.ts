import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import { bestMatches } from "./fuzzy.ts";
import type { Choice } from "./prompt.ts";
import { promptLook } from "./prompt-look.ts";

/** The label of a token in the picker and on the screen of `--watch`: `name (issuer, account) [tags]`. */
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

/** The options of a picker for `search` of @inquirer/prompts: typing narrows the rows. */
export function pickerOf<T>(question: string, choices: readonly Choice<T>[]) {
  return {
    message: printable(question),
    source: (typed = "") => bestMatches(typed, choices, ({ label }) => label).map(row),
    theme: promptLook(),
  };
}

function row<T>({ label, value }: Choice<T>) {
  return { name: printable(label), value };
}
