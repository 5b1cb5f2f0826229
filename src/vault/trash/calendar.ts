import { t } from "#base/language.ts";
import { isDamage, writtenByNewer } from "#token/newer.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { calendarCell } from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import type { Vault } from "#vault/vault.ts";

/** A day, in milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

/** Looks that are closer together than this count as one: no more than one durable write a day. */
const LOOK_EVERY = DAY;

/** What one look vouches for at most, however far the clock went since the last one. */
const MOST_A_LOOK = 10 * DAY;

/**
 * How much time has passed, as far as a clock can be trusted that may be wrong. Where days decide
 * about what cannot be had back, they must have passed by the clock and by this account.
 *
 * Why one wrong clock destroys nothing: a look adds what the clock went forward since the last
 * look, and ten days at most. While the clock is right, the account is never ahead of the time. A
 * jump ahead is seen by one look, which adds ten days too many at most; a clock that stays wrong
 * goes on as fast as a right one, so that a jump counts once. When the clock goes back, nothing is
 * added, and what the last look added is taken back by as much. So after k jumps ahead the account
 * is ahead by ten days times k at most, and thirty days need three jumps, or the time itself; fewer
 * than three looks never make thirty days.
 */
export interface Calendar {
  /** The time that all looks have vouched for, in milliseconds. */
  readonly vouched: number;
  /** What the clock said at the last look, in milliseconds since 1970. */
  readonly lookedAt: number;
  /** How much of the time the last look has added. */
  readonly added: number;
}

const VERSION = 1;

/** The calendar after a look at the clock; null when that changes nothing. */
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
 * Looks at the clock for a vault. `moved` says whether that told anything new. Throws FobError
 * `invalid` for a damaged calendar.
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

/**
 * What began at some time: what the clock said then, and how much time the calendar had vouched
 * for.
 */
export interface Beginning {
  readonly at: Date;
  readonly vouched: number;
}

/** Whether so many days have passed since, by the clock and by the calendar. */
export function havePassed(days: number, since: Beginning, now: Date, vouched: number): boolean {
  const needed = days * DAY;
  return now.getTime() - since.at.getTime() >= needed && vouched - since.vouched >= needed;
}

/**
 * Why the calendar is damaged; null when it is not. Throws FobError where a newer fob
 * wrote it.
 */
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
