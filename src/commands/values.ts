import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { Context } from "#cli/context.ts";
import { durationMs } from "#cli/duration.ts";
import { formatMoment } from "#cli/output/moments.ts";
import { parseIsoDate } from "#token/iso-date.ts";
import { HOLDERS, type Holder, type Holding } from "#token/token.ts";

/** The chip that an option names; undefined for none. Throws FobError `usage` for another text. */
export function parseHolder(text: string | undefined): Holder | undefined {
  const holder = HOLDERS.find((one) => one === text);
  if (text === undefined || holder) return holder;
  throw new FobError(
    "usage",
    t`${JSON.stringify(text)} holds no secrets: ${HOLDERS.join(", ")} is possible`,
  );
}

/**
 * What `--hold` and `--counter` ask for; undefined for nothing. Throws FobError `usage` for other
 * texts, and for a counter without a secret beside it.
 */
export function parseHolding(
  hold: string | undefined,
  counter: string | undefined,
): Holding | undefined {
  const by = parseHolder(hold);
  const counts = parseHolder(counter) !== undefined;
  if (by) return { by, counts };
  if (!counts) return undefined;
  throw new FobError("usage", t("--counter is for tokens whose secret is there: --hold tpm"));
}

/**
 * Tells the user how a time without a time zone was interpreted; prints nothing for other texts.
 */
export function tellZone(
  option: string,
  text: string | undefined,
  { tell }: Pick<Context, "tell">,
): void {
  const date = text === undefined ? null : parseIsoDate(text, "local");
  if (date && !date.hasZone)
    tell(t`note: ${option} names no time zone, and is taken as ${formatMoment(date.time, null)}`);
}

/**
 * A point in time: ISO 8601 (`2026-01-31T12:00:00Z`), seconds since 1970 (`@1769860800`), or an
 * offset from now (`+30s`, `-5m`, `+2h`, `-1d`). Without a zone, the machine's applies. Throws
 * FobError `usage`.
 */
export function parseTime(text: string, now: Date): Date {
  const time = parseEpoch(text) ?? parseOffset(text, now) ?? parseIso(text);
  const milliseconds = time?.getTime() ?? Number.NaN;
  if (time && milliseconds >= 0) return time;
  if (milliseconds < 0 || /^@-[0-9]+$/.test(text))
    throw new FobError("usage", t`--at is ${JSON.stringify(text)}: it is before 1970`, {
      hint: t("time steps are counted from 1970 on"),
    });
  throw new FobError("usage", t`--at is ${JSON.stringify(text)}: not a time that is understood`, {
    hint: t("2026-01-31T12:00:00Z, @1769860800 (seconds since 1970), +30s or -5m"),
  });
}

/**
 * The end of something that begins `now`: a duration (`90m`, `12h`, `30d`), a point in time as
 * {@link parseTime} reads it, or null for `never`. Throws FobError `usage` naming the option, also
 * for an end in the past.
 */
export function parseEnd(option: string, text: string, now: Date): Date | null {
  if (text === "never") return null;
  const end = parseOffset(`+${text}`, now) ?? parseEpoch(text) ?? parseIso(text);
  if (end && !Number.isNaN(end.getTime()) && end > now) return end;
  throw new FobError("usage", t`${option} is ${JSON.stringify(text)}: no time that is to come`, {
    hint: t("90m, 12h, 30d, 2027-01-31 or never"),
  });
}

/**
 * A duration (`90s`, `30m`, `8h`, `7d`) in milliseconds, at most 30 days. Throws FobError `usage`
 * naming the option.
 */
export function parseDuration(option: string, text: string): number {
  const milliseconds = durationMs(text);
  if (milliseconds <= durationMs("30d")) return milliseconds;
  throw new FobError(
    "usage",
    t`${option} is ${JSON.stringify(text)}: a duration of at most 30 days is needed`,
    {
      hint: t("90s, 30m, 8h or 7d"),
    },
  );
}

/** A whole number of an option. Throws FobError `usage` naming the option and its limits. */
export function parseWhole(option: string, text: string, min: number, max: number): number {
  const number = /^[0-9]{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new FobError(
    "usage",
    t`${option} is ${JSON.stringify(text)}: a whole number from ${min} to ${max} is needed`,
  );
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function parseEpoch(text: string): Date | null {
  const match = /^@?([0-9]{5,12}(?:\.[0-9]{1,3})?|(?<=@)[0-9]{1,4})$/.exec(text);
  return match ? new Date(Number(match[1]) * 1000) : null;
}

function parseOffset(text: string, now: Date): Date | null {
  const match = /^([+-][0-9]{1,9})([smhd])$/.exec(text);
  return match
    ? new Date(
        now.getTime() + Number(match[1]) * (ownValue(UNIT_SECONDS, match[2] ?? "") ?? 0) * 1000,
      )
    : null;
}

function parseIso(text: string): Date | null {
  return parseIsoDate(text, "local")?.time ?? null;
}
