/** A point in time as a text has it. */
export interface IsoDate {
  readonly time: Date;
  /** Whether the text says in which zone; otherwise it was taken as what the reader wanted. */
  readonly hasZone: boolean;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const TIME = /^T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/;
const ZONE = /^([+-])(\d{2}):?(\d{2})$/;

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a date of ISO 8601, alone or with a time (`2026-01-31T12:00:00.5+01:00`), which XML
 * Schema's date and dateTime are as well; null for everything else, such as 30 February, the year
 * 0, or a zone without minutes. What has no zone is in UTC, or in that of this machine.
 */
export function parseIsoDate(text: string, usualZone: "utc" | "local" = "utc"): IsoDate | null {
  if (text.length > 64) return null;
  const [date = "", ...numbers] = DATE.exec(text) ?? [];
  const [year = 0, month = 0, day = 0] = numbers.map(Number);
  if (date === "" || year === 0 || day < 1 || day > daysOf(year, month)) return null;
  const rest = text.slice(date.length);
  const [clockText = ""] = TIME.exec(rest) ?? [];
  const zone = rest.slice(clockText.length);
  const clock = clockText === "" ? 0 : clockMs(clockText);
  const offset = zone === "" ? 0 : zoneMs(zone);
  if (clock === null || offset === null) return null;
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day);
  const hasZone = zone !== "";
  const time = new Date(midnight + clock - offset);
  return { time: hasZone || usualZone === "utc" ? time : asLocal(time), hasZone };
}

/** The time at which the clocks of this machine show what those of UTC show at the given one. */
function asLocal(utc: Date): Date {
  const local = new Date(0);
  local.setFullYear(utc.getUTCFullYear(), utc.getUTCMonth(), utc.getUTCDate());
  local.setHours(
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
    utc.getUTCMilliseconds(),
  );
  return local;
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (DAYS_OF_MONTH[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0);
}

/**
 * The milliseconds since midnight, or null for a time that no clock shows. 24:00:00 is the end of
 * the day.
 */
function clockMs(time: string): number | null {
  const [, ...parts] = TIME.exec(time) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(0, 3).map((part) => Number(part ?? 0));
  const fraction = Number((parts[3] ?? "").padEnd(3, "0").slice(0, 3));
  const isEnd = hours === 24 && minutes === 0 && seconds === 0 && fraction === 0;
  if ((hours > 23 && !isEnd) || minutes > 59 || seconds > 59) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
}

/**
 * How far ahead of UTC a zone is, in milliseconds, or null for none: 14 hours are the most that
 * there is.
 */
function zoneMs(zone: string): number | null {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes] = ZONE.exec(zone) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const total = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || total > 14 * 60) return null;
  return (sign === "-" ? -total : total) * 60_000;
}
