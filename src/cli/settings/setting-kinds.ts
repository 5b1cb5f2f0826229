import * as v from "valibot";
import { t } from "#base/language.ts";
import { DURATION, durationMs } from "#cli/duration.ts";

/**
 * What kind of value a setting has: how it is checked, how the command line writes it, and how
 * messages ask for it.
 */
export interface SettingKind<T extends string | number | boolean> {
  readonly schema: v.GenericSchema<T>;
  /**
   * The value that a text means; a text that means none stays as it is, for the schema to refuse.
   */
  fromText(text: string): unknown;
  /** What is needed, to go before `is needed`. */
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

function asItIs(text: string): string {
  return text;
}
