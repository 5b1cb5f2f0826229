import { ownValue } from "#base/own-value.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The syntax of a duration: a whole number and a unit. */
export const DURATION = /^([1-9][0-9]{0,8})([smhd])$/;

/** The milliseconds of a duration (`90s`, `30m`, `8h`, `7d`); NaN for any other text. */
export function durationMs(text: string): number {
  const [, count, unit = ""] = DURATION.exec(text) ?? [];
  return Number(count) * (ownValue(UNIT_MS, unit) ?? Number.NaN);
}
