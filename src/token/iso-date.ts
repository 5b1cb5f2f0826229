/** A point in time that was parsed from a text. */
export interface IsoDate {
  readonly time: Date;
  /** Whether the text has a time zone; if not, the caller's zone was assumed. */
  readonly hasZone: boolean;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const TIME = /^T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/;
const ZONE = /^([+-])(\d{2}):?(\d{2})$/;

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Parses a date of ISO 8601, alone or with a time (`2026-01-31T12:00:00.5+01:00`); XML Schema's
 * date and dateTime are subsets. Null for any other text, such as 30 February, the year 0, or a
 * zone without minutes. A text without a zone is read as UTC, or as the local time of this machine.
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

/** The time whose local date and clock time equal those of `utc` in UTC. */
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

/** The milliseconds since midnight, or null for an invalid time. 24:00:00 is the end of the day. */
function clockMs(time: string): number | null {
  const [, ...parts] = TIME.exec(time) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(0, 3).map((part) => Number(part ?? 0));
  const fraction = Number((parts[3] ?? "").padEnd(3, "0").slice(0, 3));
  const isEnd = hours === 24 && minutes === 0 && seconds === 0 && fraction === 0;
  if ((hours > 23 && !isEnd) || minutes > 59 || seconds > 59) return null;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
}

/**
 * The offset of a zone from UTC in milliseconds, or null for an invalid zone: no zone is more than
 * 14 hours from UTC.
 */
function zoneMs(zone: string): number | null {
  if (zone === "Z") return 0;
  const [, sign, hours, minutes] = ZONE.exec(zone) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const total = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || total > 14 * 60) return null;
  return (sign === "-" ? -total : total) * 60_000;
}
