import { t } from "#base/language.ts";
import { isDamage, writtenByNewer } from "#token/newer.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { calendarCell } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { Vault } from "#vault/vault.ts";

/** A day, in milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

/** The calendar is updated no more than once a day, because each update is a durable write. */
const LOOK_EVERY = DAY;

/** The most that one update adds, however far the clock has moved. */
const MOST_A_LOOK = 10 * DAY;

/**
 * Measures elapsed time with a clock that may be wrong. Where a number of days decides about a
 * deletion that cannot be undone, the days must have passed by the clock and by this calendar.
 *
 * Why one wrong clock deletes nothing: an update adds the time that the clock moved forward since
 * the last update, and ten days at most. While the clock is right, the calendar is never ahead of
 * real time. If the clock jumps ahead, one update adds ten days too many at most; a clock that
 * stays wrong runs at normal speed, so the jump counts once. When the clock goes back, nothing is
 * added, and the last addition is reduced by the same amount. So after k jumps ahead the calendar
 * is ahead by 10 * k days at most, and thirty days need three jumps, or thirty days; fewer than
 * three updates never make thirty days.
 */
export interface Calendar {
  /** The time that all updates have added up, in milliseconds. */
  readonly vouched: number;
  /** The clock at the last update, in milliseconds since 1970. */
  readonly lookedAt: number;
  /** How much the last update has added, in milliseconds. */
  readonly added: number;
}

const VERSION = 1;

/** The calendar after an update; null when nothing changes. */
export function look(calendar: Calendar | null, now: number): Calendar | null {
  if (calendar === null) return { vouched: 0, lookedAt: now, added: 0 };
  const { vouched, lookedAt, added } = calendar;
  const passed = now - lookedAt;
  if (passed < 0) return { vouched: vouched - Math.min(-passed, added), lookedAt: now, added: 0 };
  if (passed < LOOK_EVERY) return null;
  const more = Math.min(passed, MOST_A_LOOK);
  return { vouched: vouched + more, lookedAt: now, added: more };
}

/**
 * Updates a vault's calendar. `moved` says whether it changed. Throws FobError `invalid` for a
 * damaged calendar.
 */
export function lookAtClock(
  vault: Vault,
  now: Date,
): { readonly vouched: number; readonly moved: boolean } {
  let seen: Calendar | null = null;
  const written = updateCell(cellOf(vault), (current) => {
    const before = current && decode(current);
    const after = look(before, now.getTime());
    seen = after ?? before;
    return after && encode(after);
  });
  return { vouched: (seen as Calendar | null)?.vouched ?? 0, moved: written !== null };
}

/** When something began: the clock at that time, and the calendar's `vouched` time. */
export interface Beginning {
  readonly at: Date;
  readonly vouched: number;
}

/** Whether `days` have passed since then, by the clock and by the calendar. */
export function havePassed(days: number, since: Beginning, now: Date, vouched: number): boolean {
  const needed = days * DAY;
  return now.getTime() - since.at.getTime() >= needed && vouched - since.vouched >= needed;
}

/** Why the calendar is damaged; null when it is not. Throws FobError where a newer fob wrote it. */
export function calendarDamage(vault: Vault): string | null {
  try {
    const value = readCell(cellOf(vault));
    if (value) decode(value);
    return null;
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  }
}

function cellOf({ layout, vaultKey }: Vault): Cell {
  return calendarCell(layout, encryptingSeal(vaultKey));
}

function encode(calendar: Calendar): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, ...calendar }));
}

function decode(value: Buffer): Calendar {
  const { version, vouched, lookedAt, added } = JSON.parse(value.toString());
  if (version === VERSION) return { vouched, lookedAt, added };
  throw writtenByNewer(t("the calendar of the vault"));
}
