import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isDamage } from "#token/newer.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { decodeRecord, encodeRecord, type TokenRecord } from "./token-record.ts";

/** The record in a token's cell. Throws FobError `not-found` when the token was removed. */
export function readRecord(cell: Cell, id: string): TokenRecord {
  return inUse(readCell(cell), id);
}

/**
 * Replaces the record in a token's cell, as {@link updateCell} does; nothing is written when
 * `change` returns the same object. Throws FobError `not-found` when the token was removed.
 */
export function updateRecord(
  cell: Cell,
  id: string,
  change: (record: TokenRecord) => TokenRecord,
): void {
  updateCell(cell, (current) => {
    const before = inUse(current, id);
    const after = change(before);
    return after === before ? null : encodeRecord(after);
  });
}

/** The error for a token that no longer exists. */
export function vanished(id: string): FobError {
  return new FobError("not-found", t`the token ${id} is no longer in the vault`);
}

/** Whether reading a token failed because of the token itself: it is damaged or missing. */
export function isUnreadable(error: unknown): boolean {
  return isDamage(error) || (error instanceof FobError && error.code === "not-found");
}

function inUse(value: Buffer | null, id: string): TokenRecord {
  if (value) return decodeRecord(value);
  throw vanished(id);
}
