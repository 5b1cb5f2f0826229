import { languageTag } from "#base/language.ts";
import type { Style } from "./style.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The units of relative times, with their lengths in milliseconds. */
const UNITS = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", SECOND],
] as const;

/**
 * Formats a time for people: `2026-01-31 13:00 (3 minutes ago)` in the local time zone. Output that
 * is not for a terminal, or is not a result (`style` is null), does not depend on the zone:
 * `2026-01-31T12:00:00Z`.
 */
export function formatMoment(
  time: Date,
  style: Pick<Style, "columns"> | null,
  now = new Date(),
): string {
  if (!style || style.columns === null) return time.toISOString().replace(/\.\d+Z$/, "Z");
  return `${localMinute(time)} (${relativeTo(now, time)})`;
}

function localMinute(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join("-");
  return `${date} ${[time.getHours(), time.getMinutes()].map(twoDigits).join(":")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function relativeTo(now: Date, time: Date): string {
  const distance = time.getTime() - now.getTime();
  const [unit, length] = UNITS.find(([, from]) => Math.abs(distance) >= from) ?? ["second", SECOND];
  return new Intl.RelativeTimeFormat(languageTag(), { numeric: "auto" }).format(
    Math.trunc(distance / length),
    unit,
  );
}
