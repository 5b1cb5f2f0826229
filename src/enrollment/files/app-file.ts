import * as v from "valibot";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { Effort } from "#enrollment/effort.ts";
import { refuseTooMany } from "#enrollment/lines.ts";
import type { AskSecret, Finding } from "#token/draft/parsed-token.ts";
import type { ForeignFile } from "./foreign-file.ts";
import type { LeftBehind } from "./left-behind.ts";

/** A token as another app's file describes it, in the terms of a Key URI. */
export interface AppEntry {
  /** `totp`, `hotp`, `steam`, or whatever else the app has, which is then refused by this name. */
  readonly type: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
  /** In Base32; of a Mobile-OTP entry, in hexadecimal. */
  readonly secret: string;
  readonly algorithm?: string | null | undefined;
  readonly digits?: number | string | null | undefined;
  /**
   * "decimal" in apps with a type of their own for Steam Guard: tokens of other types have digits,
   * whatever their issuer.
   */
  readonly alphabet?: "decimal";
  readonly period?: number | string | null | undefined;
  readonly counter?: number | string | null | undefined;
  /** Of a Mobile-OTP or Yandex entry; the app has it for every passcode. */
  readonly pin?: string | null | undefined;
  /** When the first time step begins, in seconds since 1970. */
  readonly t0?: number | null | undefined;
  /** The OCRA suite of a challenge-response token. */
  readonly suite?: string | null | undefined;
  readonly serial?: string | null | undefined;
  /** Findings about the entry, in addition to those about its Key URI. */
  readonly findings?: readonly Finding[];
}

/** A token that a password manager stores as an enrollment string, with the names of its login. */
export interface AppLogin {
  readonly enrollment: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
}

/** An entry that cannot be taken, because it is not of the shape that its app writes. */
export interface MalformedEntry {
  /** What is wrong with it, without any value of it. */
  readonly fault: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
}

/** Where in the list of its file an item stands, counted from 1; absent where all are tokens. */
interface Placed {
  readonly position?: number;
}

/** What its app keeps with a token. */
interface Kept {
  /** What it sorts the token under: tags, groups, folders, categories, as people see them. */
  readonly tags?: readonly (string | null | undefined)[];
  /** Whether it lists the token before the others. */
  readonly favorite?: boolean;
  /** The note of the entry, as it is stored. */
  readonly note?: string;
}

/** What a file has in the place of a token. */
export type TokenItem = (AppEntry | AppLogin | MalformedEntry) & Placed & Kept;

/** An item of a file: a token, or something that is not imported. */
export type AppItem = TokenItem | LeftBehind;

/** What an entry of a list came to, with its place: messages name an entry without names by it. */
export function placed(items: AppItem | readonly AppItem[], position: number): AppItem[] {
  return [items]
    .flat()
    .map((item: AppItem) => ("leftBehind" in item ? item : { ...item, position }));
}

/** One kind of file that another app exports. */
export interface AppFormat {
  /** Stored with the token as its format; stable, kebab-case. */
  readonly id: string;
  /** The app's name in messages. */
  readonly app: string;
  /**
   * The tokens in a file, or null when it is not of this kind. Each entry stands alone: use
   * {@link readEach} for lists. What is encrypted is opened with `openSealed`. Rejects with
   * FobError `invalid` for a damaged file, `denied` for a wrong passphrase.
   */
  read(file: ForeignFile, askSecret: AskSecret, effort: Effort): Promise<readonly AppItem[] | null>;
}

/** A list in a file. What stands in it is looked at one by one, with {@link readEach}. */
export const list = v.array(v.unknown());

/** A text that apps leave out, or set to null. */
export const text = v.optional(v.nullable(v.string()));

/** A text beside a token; a value of another type is ignored. */
export const textBeside = v.fallback(text, null);
export const textsBeside = v.fallback(v.optional(v.nullable(v.array(text))), null);

/** Whether a mark beside a token is set; a missing or strange one is not. */
export const markBeside = v.pipe(v.optional(v.unknown(), null), v.transform(isMarked));

/** Whether a mark is set: apps write a truth value, a number, or either of them as text. */
export function isMarked(value: unknown): boolean {
  if (typeof value === "string") return /^(?:[1-9][0-9]*|true|yes)$/i.test(value);
  return value === true || (typeof value === "number" && value > 0);
}

/** A list beside the tokens of a file. */
export const listBeside = v.fallback(list, []);

/** A number, which some apps write as text, that apps leave out, or set to null. */
export const number = v.optional(v.nullable(v.union([v.number(), v.string()])));

/** How an entry of a list is read. */
export interface EntryReading<Schema extends v.GenericSchema> {
  readonly schema: Schema;
  /** An entry of this shape in the terms of a Key URI; an empty list for one without a token. */
  readonly read: (entry: v.InferOutput<Schema>) => AppItem | readonly AppItem[];
  /** Where issuer and account stand, which name an entry of another shape. */
  readonly issuer: readonly string[];
  readonly account: readonly string[];
}

/**
 * The entries of a list, each parsed alone: an invalid entry does not stop the others. Throws
 * FobError `invalid` for a list that is too long.
 */
export function readEach<const Schema extends v.GenericSchema>(
  entries: readonly unknown[],
  { schema, read, issuer, account }: EntryReading<Schema>,
): AppItem[] {
  refuseTooMany(entries.length);
  return entries.flatMap((entry, i) => {
    const parsed = v.safeParse(schema, entry, { abortEarly: true });
    if (parsed.success) return placed(read(parsed.output), i + 1);
    const fault = describeFault(parsed.issues[0]);
    const names = { issuer: textAt(entry, issuer), account: textAt(entry, account) };
    return placed({ fault, ...names }, i + 1);
  });
}

/** Whether one of the entries has all of these fields: lists of some apps differ only in them. */
export function someHas(entries: readonly unknown[], ...names: readonly string[]): boolean {
  return entries.some((entry) => names.every((name) => fieldOf(entry, name) !== undefined));
}

/** What is wrong with a field, by its name and without its value. */
function describeFault({ path, input }: v.BaseIssue<unknown>): string {
  const name = (path ?? []).map(({ key }) => String(key)).join(".");
  if (name === "") return t("it is not what an entry looks like");
  return input === undefined || input === null
    ? t`${name} is missing`
    : t`${name} is not what it should be`;
}

/**
 * The names of groups in a list beside the tokens, by the ids with which entries refer to them;
 * numbers are ids as text.
 */
export function namesById(
  entries: readonly unknown[],
  id: string,
  name: string,
): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap((entry): [string, string][] => {
      const [key, text] = [fieldOf(entry, id), textAt(entry, [name])];
      const isKey = typeof key === "string" || typeof key === "number";
      return isKey && text !== null ? [[String(key), text]] : [];
    }),
  );
}

function textAt(entry: unknown, path: readonly string[]): string | null {
  const found = path.reduce(fieldOf, entry);
  return typeof found === "string" ? found : null;
}

function fieldOf(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null
    ? ownValue(holder as Record<string, unknown>, name)
    : undefined;
}
