import { existsSync, readFileSync } from "node:fs";
import { ownValue } from "./own-value.ts";

/**
 * A file of translations, `messages/LANG.json`. A text's key is its English, with `{1}`, `{2}` ...
 * for what stands in it; a counted noun's key is its English singular, and its forms are those of
 * the language's plural categories (CLDR).
 */
interface MessagesFile {
  readonly texts: Readonly<Record<string, { readonly text: string } | undefined>>;
  readonly plurals: Readonly<
    Record<string, Readonly<Record<string, string | undefined>> | undefined>
  >;
}

interface Catalogue extends MessagesFile {
  /** As Intl names it: `de-AT`. */
  readonly language: string;
  readonly rules: Intl.PluralRules;
}

/**
 * A text in English that stands in a constant, where no language is known yet: {@link translated}
 * gives it to people. Whatever is declared so is collected for translators, as `t` and the
 * summaries of commands are (scripts/collect-messages.ts).
 */
export type Text = string;

/** {@link Text}s by what they are for. */
export type Texts = Readonly<Record<string, Text>>;

/** What stands in a text. */
type Value = string | number | bigint | boolean | null | undefined;

/** As many translations are remembered: those of a screen that goes on for days are not. */
const MAX_ORIGINS = 5_000;

/** Numbers from here on are grouped. */
const LONG_NUMBER = 10_000;

/** A language: the file of its texts, null for English, and what was read from it. */
export interface Speech {
  readonly file: string | null;
  /** Hears when the file is broken, once it is needed. */
  readonly warn: (trouble: string) => void;
  catalogue?: Catalogue | null;
}

/**
 * A text is wherever somebody is told something: the language is the one state of the program that
 * is everywhere.
 */
let speech: Speech = { file: null, warn: () => {} };
let listener: () => Speech | undefined = () => undefined;
let isEnglish = false;
/** What {@link declared} has made, by its English. */
const patterns = new Map<string, { readonly key: string; readonly values: readonly Value[] }>();
/** The English of texts that are not in English. */
const origins = new Map<string, string>();

/**
 * The file in `folder` with the language of this environment, or null for English. FOB_LANG counts
 * before LC_ALL, LC_MESSAGES and LANG; `de_AT.UTF-8` is de_AT.json, and where there is none,
 * de.json.
 */
export function messagesFile(folder: string, env: NodeJS.ProcessEnv): string | null {
  const wanted = env["FOB_LANG"] || env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  // a name from the environment leads nowhere but to a file of this folder
  const [locale, language] = /^([A-Za-z]{2,3})(?:_[A-Za-z0-9]{1,8})?(?=[.@]|$)/.exec(wanted) ?? [];
  if (locale === undefined || language === "en") return null;
  const paths = [locale, language].map((name) => `${folder}/${name}.json`);
  return paths.find((path) => existsSync(path)) ?? null;
}

/**
 * Makes all texts from now on in the language of this file, or in English; `warn` hears when the
 * file is broken, once it is needed.
 */
export function speak(file: string | null, warn: (trouble: string) => void): void {
  speech = { file, warn };
}

/**
 * Has an agent speak the language of whom it serves at the moment; `find` returns undefined where
 * that is nobody.
 */
export function speakAs(find: () => Speech | undefined): void {
  listener = find;
}

/**
 * A text for people in their language: t`no token is called “${name}”`, or t("no tokens yet"). What
 * stands in it is never translated. Its English is its key in the file of the language, which is
 * read when the first text is needed; in English it costs nothing.
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
 * A {@link Text} with values in it, for declarations: declared`9 attempts within ${MINUTES} min`.
 * {@link translated} finds it by its key, and puts the values in.
 */
export function declared(text: TemplateStringsArray, ...values: readonly Value[]): Text {
  const english = String.raw({ raw: text }, ...values);
  patterns.set(english, { key: keyOf(text), values });
  return english;
}

/** A text that stands in a declaration in English (a summary, an example), in people's language. */
export function translated(text: string): string {
  const pattern = patterns.get(text);
  const found = find(pattern?.key ?? text);
  if (found === null) return text;
  return remember(pattern ? fill(found, pattern.values) : found, text);
}

/**
 * `1 passcode`, `2 passcodes`, `0 entries`; `many` is the plural where it is more than an `s`. Long
 * numbers are grouped: `12,345 tokens`.
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
 * The language that texts are in as FOB_LANG names it, `de` or `de_AT`; null for English. The file
 * is not read.
 */
export function spokenLanguage(): string | null {
  const { file } = listener() ?? speech;
  return file === null ? null : languageOf(file);
}

/** The language of texts as Intl names it: `de-AT`. */
export function languageTag(): string {
  return (isEnglish ? null : read()?.language) ?? "en";
}

/**
 * Makes texts that are not for people, but for what reads standard output: in English, whatever the
 * language.
 */
export function inEnglish<T>(make: () => T): T {
  isEnglish = true;
  try {
    return make();
  } finally {
    isEnglish = false;
  }
}

/** Takes a text that another process made by {@link t}, and its English. Returns the text. */
export function toldBefore(text: string, english: string): string {
  return remember(text, english);
}

/**
 * The English of a text that {@link t} made; any other text as it is. For what goes to scripts and
 * into logs.
 */
export function original<T extends Value | null | undefined>(text: T): T {
  return typeof text === "string" ? ((origins.get(text) ?? text) as T) : text;
}

/**
 * A text that {@link t} made before, for whoever is spoken to now: in English where
 * {@link inEnglish} is what is made.
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

/** A broken file costs its language, and nothing else. */
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
