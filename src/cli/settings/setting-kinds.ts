import * as v from "valibot";
import { t } from "#base/language.ts";
import { DURATION, durationMs } from "#cli/duration.ts";
import { areTiqrSchemes } from "#push/tiqr/tiqr-schemes.ts";
import { parseAskpassRules } from "./askpass-rules.ts";

/**
 * A kind of setting: how its value is checked, written on the command line, and described in
 * messages.
 */
export interface SettingKind<T extends string | number | boolean> {
  readonly schema: v.GenericSchema<T>;
  /** Parses a text; an invalid text is returned unchanged, so that the schema refuses it. */
  fromText(text: string): unknown;
  /** Describes the allowed values, in the sentence `... is needed`. */
  words(): string;
}

/** One of some words. */
export function choice<const Words extends readonly string[]>(
  ...words: Words
): SettingKind<Words[number]> {
  return {
    schema: v.picklist(words),
    fromText: asItIs,
    words: () => t`one of ${words.join(", ")}`,
  };
}

/** Yes or no. */
export function yesOrNo(): SettingKind<boolean> {
  const words: ReadonlyMap<string, boolean> = new Map([
    ["true", true],
    ["false", false],
  ]);
  return {
    schema: v.boolean(),
    fromText: (text) => words.get(text) ?? text,
    words: () => t("true or false"),
  };
}

/** A whole number of seconds within limits. */
export function seconds(min: number, max: number): SettingKind<number> {
  return {
    schema: v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max)),
    fromText: (text) => (/^[0-9]{1,12}$/.test(text) ? Number(text) : text),
    words: () => t`a whole number of seconds from ${min} to ${max}`,
  };
}

const MAX_DURATION = "30d";

/** A duration of at most 30 days. */
export function duration(): SettingKind<string> {
  const isShort = (text: string) => durationMs(text) <= durationMs(MAX_DURATION);
  return {
    schema: v.pipe(v.string(), v.regex(DURATION), v.check(isShort)),
    fromText: asItIs,
    words: () => t("a duration of at most 30 days (90s, 30m, 8h, 7d)"),
  };
}

/** The word for no interval at all. */
export const NEVER = "never";

const MIN_INTERVAL = "1m";

/** An interval of one minute to 30 days, or never. */
export function interval(): SettingKind<string> {
  const isAllowed = (text: string) =>
    text === NEVER ||
    (durationMs(text) >= durationMs(MIN_INTERVAL) && durationMs(text) <= durationMs(MAX_DURATION));
  return {
    schema: v.pipe(v.string(), v.regex(INTERVAL), v.check(isAllowed)),
    fromText: asItIs,
    words: () => t("a duration from 1 minute to 30 days (15m, 1h), or never"),
  };
}

const INTERVAL = new RegExp(`^never$|${DURATION.source}`);

const MAX_PATH = 4_096;

/**
 * A program: its name in PATH, or its path. It is started without a shell and without arguments.
 */
export function program(): SettingKind<string> {
  return {
    schema: v.pipe(v.string(), v.maxLength(MAX_PATH), v.regex(/^(?![-\s])[^\p{Cc}]*$/u)),
    fromText: asItIs,
    words: () => t("the name or path of a program, without arguments"),
  };
}

const MAX_RULES_TEXT = 16_384;

/** The rules of `fob askpass`. */
export function askpassRules(): SettingKind<string> {
  return {
    schema: v.pipe(
      v.string(),
      v.maxLength(MAX_RULES_TEXT),
      v.check((text) => parseAskpassRules(text) !== null),
    ),
    fromText: asItIs,
    words: () => t("rules `PATTERN @HOST => NAME` with semicolons between them"),
  };
}

/** The schemes of TiQR apps, with commas between them. */
export function tiqrSchemes(): SettingKind<string> {
  return {
    schema: v.pipe(v.string(), v.maxLength(MAX_SCHEMES), v.check(areTiqrSchemes)),
    fromText: (text) =>
      text
        .split(",")
        .map((scheme) => scheme.trim().toLowerCase())
        .join(","),
    words: () =>
      t("schemes of TiQR apps, each once, with commas between them (acmeauth,acmeenroll)"),
  };
}

const MAX_SCHEMES = 1_024;

function asItIs(text: string): string {
  return text;
}
