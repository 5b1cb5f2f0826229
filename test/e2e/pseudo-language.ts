import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a file of translations holds. */
export interface Messages {
  readonly texts: Readonly<
    Record<string, { readonly text: string; readonly values?: readonly string[] }>
  >;
  readonly plurals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A file of `messages/`. */
export function readMessages(name: string): Messages {
  return JSON.parse(readFileSync(join(root, "messages", name), "utf8"));
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED = [..."áƀćďéƒğĥíĵķľɱńóƥɋŕśťúṽŵẋýžÁƁĆĎÉƑĞĤÍĴĶĽḾŃÓƤɊŔŚŤÚṼŴẊÝŽ"];

/**
 * English as another language: every letter of a text has an accent, and the text stands in ⟦ ⟧.
 * What stands in it is as it is. Its nouns count as Polish ones do, with `few` and `many`.
 */
export function pseudoLanguage({ texts, plurals }: Messages): Messages {
  return {
    texts: Object.fromEntries(
      Object.entries(texts).map(([key, { text }]) => [key, { text: accentuate(text) }]),
    ),
    plurals: Object.fromEntries(
      Object.entries(plurals).map(([noun, { one, other }]) => {
        const forms = {
          one: `${one}`,
          few: `${other} (few)`,
          many: `${other} (many)`,
          other: `${other} (other)`,
        };
        return [
          noun,
          Object.fromEntries(Object.entries(forms).map(([form, text]) => [form, accentuate(text)])),
        ];
      }),
    ),
  };
}

/** The text as the pseudo-language has it. */
export function accentuate(text: string): string {
  const parts = text.split(/(\{\d+\})/).map((part, i) => {
    return i % 2 === 1
      ? part
      : part.replace(/[A-Za-z]/g, (letter) => ACCENTED[LETTERS.indexOf(letter)] ?? letter);
  });
  return `⟦${parts.join("")}⟧`;
}

/**
 * Installs the built program in a folder, with these translations besides its own, and returns its
 * executable.
 */
export function installIn(
  folder: string,
  translations: Readonly<Record<string, Messages>>,
): string {
  for (const part of ["bin", "dist", "messages"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  mkdirSync(join(folder, "messages"), { recursive: true });
  for (const [language, messages] of Object.entries(translations))
    writeFileSync(join(folder, "messages", `${language}.json`), JSON.stringify(messages));
  return join(folder, "bin", "fob.js");
}
