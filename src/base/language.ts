import { readFileSync } from "node:fs";
import { ownValue } from "./own-value.ts";

/**
 * A file of translations, `messages/LANG.json`. The key of a text is its English, with `{1}`, `{2}`
 * ... for its values. The key of a counted noun is its English singular, and its forms are those of
 * the language's plural categories (CLDR).
 */
interface MessagesFile {
  readonly texts: Readonly<Record<string, { readonly text: string } | undefined>>;
  readonly plurals: Readonly<
    Record<string, Readonly<Record<string, string | undefined>> | undefined>
  >;
}

interface Catalogue extends MessagesFile {
  /** A BCP 47 tag: `de-AT`. */
  readonly language: string;
  readonly rules: Intl.PluralRules;
}

/**
 * An English text in a constant, which is made before the language is known; {@link translated}
 * translates it. scripts/collect-messages.ts collects constants of this type for translators, as it
 * collects the texts of `t` and the summaries of commands.
 */
export type Text = string;

/** {@link Text}s by key. */
export type Texts = Readonly<Record<string, Text>>;

/** A value that is inserted into a text. */
type Value = string | number | bigint | boolean | null | undefined;

/**
 * How many translations are remembered. The limit bounds the memory of a screen that runs for days.
 */
const MAX_ORIGINS = 5_000;

/** Numbers from this one on are written with group separators. */
const LONG_NUMBER = 10_000;

/**
 * A language: the file of its texts (null for English), and the content of the file once it is
 * read.
 */
export interface Speech {
  readonly file: string | null;
  /** Called when the file is needed and cannot be used. */
  readonly warn: (trouble: string) => void;
  catalogue?: Catalogue | null;
}

/** The language is global state, because texts are made everywhere in the program. */
let speech: Speech = { file: null, warn: () => {} };
let listener: () => Speech | undefined = () => undefined;
let isEnglish = false;
/** The patterns of {@link declared}, by their English text. */
const patterns = new Map<string, { readonly key: string; readonly values: readonly Value[] }>();
/** The English of translated texts. */
const origins = new Map<string, string>();

/**
 * Sets the language of all texts to that of this file, or to English. `warn` is called when the
 * file is needed and cannot be used.
 */
export function speak(file: string | null, warn: (trouble: string) => void): void {
  speech = { file, warn };
}

/**
 * Makes an agent use the language of the client that it serves at the moment. `find` returns
 * undefined when there is no client.
 */
export function speakAs(find: () => Speech | undefined): void {
  listener = find;
}

/**
 * A text for people in their language: t`no token is called “${name}”`, or t("no tokens yet"). Its
 * values are not translated. Its English is its key in the file of the language. That file is read
 * when the first text is needed; English needs no file.
 */
export function t(text: TemplateStringsArray | string, ...values: readonly Value[]): string {
  if (typeof text === "string") return translated(text);
  if (read() === null && origins.size === 0) return String.raw({ raw: text }, ...values);
  const english = String.raw({ raw: text }, ...values.map(original));
  if (isEnglish) return english;
  const key = keyOf(text);
  return remember(fill(find(key) ?? key, values), english);
}

/**
 * A {@link Text} with values, for a constant: declared`9 attempts within ${MINUTES} min`. {@link
 * translated} translates its pattern and inserts the values.
 */
export function declared(text: TemplateStringsArray, ...values: readonly Value[]): Text {
  const english = String.raw({ raw: text }, ...values);
  patterns.set(english, { key: keyOf(text), values });
  return english;
}

/** Translates an English {@link Text} of a constant, such as a summary or an example. */
export function translated(text: string): string {
  const pattern = patterns.get(text);
  const found = find(pattern?.key ?? text);
  if (found === null) return text;
  return remember(pattern ? fill(found, pattern.values) : found, text);
}

/**
 * A number with its noun: `1 passcode`, `2 passcodes`, `0 entries`. `many` is the plural where it
 * is not `one` with an `s`. Long numbers have group separators: `12,345 tokens`.
 */
export function plural(count: number, one: string, many = `${one}s`): string {
  const english = `${count} ${count === 1 ? one : many}`;
  if (isEnglish) return english;
  const { language, rules, plurals } = read() ?? { language: "en", rules: null, plurals: null };
  const pattern =
    (rules && ownValue(plurals, one)?.[rules.select(count)]) ?? `{1} ${count === 1 ? one : many}`;
  const shown = count < LONG_NUMBER ? String(count) : new Intl.NumberFormat(language).format(count);
  return remember(fill(pattern, [shown]), english);
}

/**
 * The language of texts as FOB_LANG names it, `de` or `de_AT`; null for English. Does not read the
 * file.
 */
export function spokenLanguage(): string | null {
  const { file } = listener() ?? speech;
  return file === null ? null : languageOf(file);
}

/** The language of texts as a BCP 47 tag for Intl: `de-AT`. */
export function languageTag(): string {
  return (isEnglish ? null : read()?.language) ?? "en";
}

/** Calls `make` with all texts in English, for output that programs read. */
export function inEnglish<T>(make: () => T): T {
  isEnglish = true;
  try {
    return make();
  } finally {
    isEnglish = false;
  }
}

/** Registers a text that another process made with {@link t}, and its English. Returns the text. */
export function toldBefore(text: string, english: string): string {
  return remember(text, english);
}

/** The English of a text that {@link t} made; any other value unchanged. For scripts and logs. */
export function original<T extends Value | null | undefined>(text: T): T {
  return typeof text === "string" ? ((origins.get(text) ?? text) as T) : text;
}

/**
 * A text that {@link t} made earlier: its English inside {@link inEnglish}, else the text itself.
 */
export function again(text: string): string {
  return isEnglish ? original(text) : text;
}

function keyOf(strings: readonly string[]): string {
  return strings.reduce((key, text, i) => `${key}{${i}}${text}`);
}

function find(key: string): string | null {
  const text = isEnglish ? null : ownValue(read()?.texts ?? {}, key)?.text;
  return typeof text === "string" ? text : null;
}

function fill(pattern: string, values: readonly Value[]): string {
  return pattern.replace(/\{(\d+)\}/g, (_, number) => String(values[Number(number) - 1]));
}

function remember(text: string, english: string): string {
  if (text === english) return text;
  if (origins.size >= MAX_ORIGINS) origins.clear();
  origins.set(text, english);
  return text;
}

function read(): Catalogue | null {
  const spoken = listener() ?? speech;
  if (spoken.catalogue === undefined)
    spoken.catalogue = spoken.file === null ? null : parse(spoken.file, spoken.warn);
  return spoken.catalogue;
}

/** Reads the file of a language. For a broken file, warns and returns null: English is used. */
function parse(file: string, warn: Speech["warn"]): Catalogue | null {
  try {
    const messages: unknown = JSON.parse(readFileSync(file, "utf8"));
    const language = languageOf(file).replace("_", "-");
    if (isMessagesFile(messages))
      return { ...messages, language, rules: new Intl.PluralRules(language) };
    warn(`${file} is no file of messages: fob speaks English`);
  } catch (error) {
    warn(`${file} cannot be used: fob speaks English (${(error as Error).message})`);
  }
  return null;
}

function languageOf(file: string): string {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return name.replace(/\.json$/, "");
}

function isMessagesFile(value: unknown): value is MessagesFile {
  const { texts, plurals } = (value ?? {}) as Partial<MessagesFile>;
  return [texts, plurals].every((part) => typeof part === "object" && part !== null);
}
