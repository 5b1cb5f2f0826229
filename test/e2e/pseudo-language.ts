import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { collectFromProject } from "../../scripts/collect-messages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a file of translations holds. */
export interface Messages {
  readonly texts: Readonly<
    Record<string, { readonly text: string; readonly values?: readonly string[] }>
  >;
  readonly plurals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let english: Messages | null = null;

/** Every text of the program, as `npm run messages` writes it for translators. */
export function englishMessages(): Messages {
  // another shape for the compiler: the nouns of a language have the forms that it counts with
  english ??= collectFromProject(root) as unknown as Messages;
  return english;
}

/** The translations that are there, by the names of their languages. */
export function readTranslations(): ReadonlyMap<string, Messages> {
  const folder = join(root, "messages");
  const files = existsSync(folder) ? readdirSync(folder) : [];
  // what translators copy is English
  const names = files.filter((file) => file.endsWith(".json") && file !== "en.json");
  return new Map(
    names.map((file) => [
      file.replace(/\.json$/, ""),
      JSON.parse(readFileSync(join(folder, file), "utf8")),
    ]),
  );
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
  for (const part of ["bin", "dist"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  mkdirSync(join(folder, "messages"), { recursive: true });
  for (const [language, messages] of Object.entries(translations))
    writeFileSync(join(folder, "messages", `${language}.json`), JSON.stringify(messages));
  return join(folder, "bin", "fob.js");
}
