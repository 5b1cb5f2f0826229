import { existsSync } from "node:fs";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isDamage, writtenByNewer } from "#token/newer.ts";
import { type Cell, readCell, replaceDamaged, updateCell } from "#vault/cells/cell.ts";
import {
  codesLeftCell,
  removedFolder,
  tokensFolder,
  type VaultLayout,
} from "#vault/cells/layout.ts";

/**
 * How many recovery codes are left of each token that has any, by its id; null where that is not
 * known yet, or another token has them all. It follows from the codes themselves, so that lists
 * need not read those.
 */
export type CodesLeft = ReadonlyMap<string, number | null>;

const VERSION = 1;

/** What is known about all tokens; nothing where the cell cannot be read. */
export function codesLeft(layout: VaultLayout): CodesLeft {
  try {
    return decode(readCell(cellOf(layout))) ?? new Map();
  } catch (error) {
    // the codes themselves are whole: nothing that only tells of them is to fail
    if (error instanceof FobError) return new Map();
    throw error;
  }
}

/**
 * Why the cell cannot be read; null where it can, or was never written. Throws FobError for that of
 * a newer fob.
 */
export function damageOfCodesLeft(layout: VaultLayout): FobError | null {
  try {
    if (decode(readCell(codesLeftCell(layout))) === null)
      throw writtenByNewer(t("the count of recovery codes"));
    return null;
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}

/**
 * Notes how many codes of a token are left. Called before its first codes are stored, too: a token
 * with codes is always known here. What a newer fob wrote stays as it is.
 */
export function noteCodesLeft(layout: VaultLayout, id: string, left: number | null): void {
  noteAllCodesLeft(layout, new Map([[id, left]]));
}

/** {@link noteCodesLeft} of many tokens at once, because everything is written each time. */
export function noteAllCodesLeft(layout: VaultLayout, changes: CodesLeft): void {
  updateCell(cellOf(layout), (current) => {
    const before = decode(current);
    if (!before) return null;
    if ([...changes].every(([id, left]) => before.has(id) && before.get(id) === left)) return null;
    const known = [...before].filter(([id]) => changes.has(id) || isThere(layout, id));
    return encode(new Map([...known, ...changes]));
  });
}

/** {@link noteAllCodesLeft} of the counts of all tokens, which take the place of damaged ones. */
export function renewCodesLeft(layout: VaultLayout, counts: CodesLeft): void {
  if (!replaceDamaged(codesLeftCell(layout), encode(counts))) noteAllCodesLeft(layout, counts);
}

/** {@link noteCodesLeft} after codes were used: a failure must not keep a code from a person. */
export function noteCodesLeftQuietly(layout: VaultLayout, id: string, left: number | null): void {
  try {
    noteCodesLeft(layout, id, left);
  } catch (error) {
    // `fob doctor --repair` counts again
    if (!(error instanceof FobError)) throw error;
  }
}

function isThere(layout: VaultLayout, id: string): boolean {
  return [tokensFolder(layout), removedFolder(layout)].some((folder) =>
    existsSync(join(folder, id)),
  );
}

function encode(left: CodesLeft): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, left: Object.fromEntries(left) }));
}

/** Null for what a newer fob wrote. */
function decode(value: Buffer | null): CodesLeft | null {
  if (value === null) return new Map();
  const { version, left } = JSON.parse(value.toString("utf8"));
  return version > VERSION ? null : new Map(Object.entries<number | null>(left));
}

function cellOf(layout: VaultLayout): Cell {
  return { ...codesLeftCell(layout), whenDamaged: encode(new Map()) };
}
