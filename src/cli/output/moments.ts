import { languageTag, t } from "#base/language.ts";
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

/** Hours across midnight that are still said as hours. */
const SAME_DAY = 6 * HOUR;

/** From this time on, a day is said by its week. */
const SOME_DAYS = 7 * DAY;

/** From this time on, a day is said by its month. */
const SOME_WEEKS = 30 * DAY;

/** From this time on, a month is said with its year. */
const SOME_MONTHS = 300 * DAY;

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

/**
 * Says when something was, as people do: `just now`, `3 minutes ago`, `yesterday`, `last week`, `in
 * March`, `in March 2024`. Returns the function for one language and one `now`: a list has many
 * times.
 */
export function sayingWhen(now = new Date()): (time: Date) => string {
  const relative = relativeFormat();
  return (time) => {
    const past = now.getTime() - time.getTime();
    if (past >= 0 && past < MINUTE) return t("just now");
    if (past < SOME_DAYS) return inWords(distanceTo(now, time), relative);
    if (past < SOME_WEEKS) return inWords([-Math.trunc(past / SOME_DAYS), "week"], relative);
    const year = past < SOME_MONTHS ? {} : { year: "numeric" as const };
    return t`in ${time.toLocaleDateString(languageTag(), { month: "long", ...year })}`;
  };
}

/**
 * A time as {@link sayingWhen} says it, and its date; not on a terminal, as {@link formatMoment}.
 */
export function sayMoment(time: Date, style: Pick<Style, "columns">): string {
  if (style.columns === null) return formatMoment(time, style);
  return `${sayingWhen()(time)} (${localMinute(time)})`;
}

function localMinute(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join("-");
  return `${date} ${[time.getHours(), time.getMinutes()].map(twoDigits).join(":")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function relativeTo(now: Date, time: Date): string {
  return inWords(distanceTo(now, time));
}

/** A number of units before (negative) or after a time. */
type Distance = readonly [count: number, unit: Intl.RelativeTimeFormatUnit];

function distanceTo(now: Date, time: Date): Distance {
  const distance = time.getTime() - now.getTime();
  const [unit, length] = UNITS.find(([, from]) => Math.abs(distance) >= from) ?? ["second", SECOND];
  const days = calendarDays(now, time);
  const isOtherDay = days !== 0 && Math.abs(distance) >= SAME_DAY;
  // the evening before is yesterday, also where it is less than 24 hours ago
  if (unit === "day" || (unit === "hour" && isOtherDay)) return [days, "day"];
  return [Math.trunc(distance / length), unit];
}

/** How many midnights of this time zone are between two times. */
function calendarDays(now: Date, time: Date): number {
  const day = (of: Date) => Date.UTC(of.getFullYear(), of.getMonth(), of.getDate());
  return Math.round((day(time) - day(now)) / DAY);
}

function inWords(distance: Distance, format = relativeFormat()): string {
  return format.format(...distance);
}

function relativeFormat(): Intl.RelativeTimeFormat {
  return new Intl.RelativeTimeFormat(languageTag(), { numeric: "auto" });
}
