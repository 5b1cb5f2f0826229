import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { readCell, updateCell } from "./cell.ts";
import { attemptsCell, type VaultLayout } from "./layout.ts";

/** How many wrong PINs in a row were given to a token (its id) or to the app (`app`). */
export function failedAttempts(layout: VaultLayout, of: string): number {
  return decode(readCell(attemptsCell(layout, of)));
}

/**
 * Counts an attempt, durably, before its PIN is looked at, so that killing the process wins nothing.
 * Throws FobError `locked` when `limit` wrong attempts were made already.
 */
export function countAttempt(layout: VaultLayout, of: string, limit: number): void {
  const counted = updateCell(attemptsCell(layout, of), (current) => {
    const failed = decode(current);
    return failed >= limit ? null : encode(failed + 1);
  });
  if (counted === null) throw lockedError(of, limit);
}

/** Forgets the wrong attempts, after a right PIN. */
export function clearAttempts(layout: VaultLayout, of: string): void {
  updateCell(attemptsCell(layout, of), (current) => (decode(current) === 0 ? null : encode(0)));
}

function lockedError(of: string, limit: number): FobError {
  return of === "app"
    ? new FobError("locked", t`the app PIN is locked after ${limit} wrong attempts`, {
        hint: t("the recovery code that `fob pin set` showed opens the vault in place of the PIN"),
      })
    : new FobError("locked", t`this token is locked after ${limit} wrong PINs`, {
        hint: t("a new enrollment is the way out: ask its issuer, then `fob enroll --replace`"),
      });
}

function encode(failed: number): Buffer {
  return Buffer.from(String(failed));
}

/** What is not a number was not written by us: it counts as more than any limit. */
function decode(value: Buffer | null): number {
  if (value === null) return 0;
  return /^[0-9]{1,15}$/.test(value.toString()) ? Number(value) : Number.POSITIVE_INFINITY;
}
