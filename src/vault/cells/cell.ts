import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describeDoneInDoubt } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  createFolderWith,
  createGeneration,
  generationsIn,
  isFresh,
  makeFolder,
  pause,
  readGeneration,
  removeBelow,
  sizeOfGeneration,
  syncGenerations,
} from "./cell-files.ts";
import { type Seal, withoutChecksum } from "./sealing.ts";

/**
 * The lineage of a value: the ids of its last 64 writers, 6 bytes each. A writer that pauses for
 * more than 64 writes of others cannot find its own id any more, and writes once more: for a
 * counter that is a gap, never a repetition.
 */
const LINEAGE_LENGTH = 64;
const WRITER_LENGTH = 6;
/** The length of the lineage, which precedes the payload in every file of a cell. */
export const LINEAGE_BYTES = LINEAGE_LENGTH * WRITER_LENGTH;

/** The first generation of a cell. */
const FIRST = 1;

/**
 * How often a writer may lose against others before it gives up; each time another writer has made
 * progress.
 */
const MAX_ROUNDS = 10_000;

/**
 * A value on disk that several processes change without locks. Its folder has one file for each
 * generation; the highest generation that verifies is the value. The seal covers `identity`, so
 * that a file in another cell does not verify.
 */
export interface Cell {
  readonly folder: string;
  readonly identity: string;
  readonly seal: Seal;
  /** The value of a cell whose files are all damaged; without it, reading such a cell throws. */
  readonly whenDamaged?: Buffer;
  /**
   * Whether its folder is inside of another cell's. Its writer makes it, so that it does not come
   * back without the outer one, which another process may have moved.
   */
  readonly isInner?: boolean;
}

interface CellValue {
  /**
   * The highest generation when this value was read, including damaged ones; the next write is one
   * higher.
   */
  readonly highest: number;
  /** The generation of this value. */
  readonly generation: number;
  readonly lineage: Buffer;
  readonly payload: Buffer;
}

/** What one look at the folder of a cell shows. */
export interface CellLook {
  /** The generations, including damaged ones, the highest first. */
  readonly generations: readonly number[];
  /** The size of the highest one in bytes; 0 for a cell that was never written. */
  readonly bytes: number;
}

/** Looks at the folder of a cell, once for all that is asked of it afterwards. */
export function lookAtCell({ folder }: Cell): CellLook {
  const generations = generationsIn(folder);
  const [highest] = generations;
  return { generations, bytes: highest === undefined ? 0 : sizeOfGeneration(folder, highest) };
}

/**
 * The cell's value, or null when it was never written. Begins with what a `look` has shown, where
 * there was one. Throws FobError `invalid` when no generation verifies.
 */
export function readCell(cell: Cell, look: CellLook | null = null): Buffer | null {
  return newestValue(cell, look)?.payload ?? null;
}

/**
 * The newest value of a cell with a checksum, unverified: for callers that verify it by other
 * means. Null when it was never written, or is being written.
 */
export function peekCell({ folder }: Cell): Buffer | null {
  const [generation] = generationsIn(folder);
  const sealed = generation === undefined ? null : readGeneration(folder, generation);
  return sealed && withoutChecksum(sealed).subarray(LINEAGE_BYTES);
}

/**
 * Replaces the value by `change(value)`, durably and exactly once: if another process has written
 * first, `change` is called again with the newer value. When it returns null, nothing is written.
 * Returns the new value, or null. Throws FobError `unavailable` when the disk fails; with `isDone`
 * the value is written, but a power cut may lose it.
 */
export function updateCell(
  cell: Cell,
  change: (current: Buffer | null) => Buffer | null,
): Buffer | null {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const current = newestValue(cell);
    const payload = change(current?.payload ?? null);
    if (payload === null) return null;
    if (tryWrite(cell, current, payload)) return payload;
  }
  throw new FobError("unavailable", t`${cell.folder} is being written to by too many processes`);
}

/**
 * Writes the first value of a cell that no other process knows yet, atomically, with one file
 * operation less than {@link updateCell}. The caller syncs the parent folder. Throws FobError
 * `unavailable` when the disk is full, read-only or failing, or the cell exists.
 */
export function createCell(cell: Cell, payload: Buffer): void {
  const lineage = Buffer.concat([
    randomBytes(WRITER_LENGTH),
    Buffer.alloc(LINEAGE_BYTES - WRITER_LENGTH),
  ]);
  createFolderWith(
    cell.folder,
    FIRST,
    cell.seal.seal(Buffer.concat([lineage, payload]), place(cell, FIRST)),
  );
}

/**
 * Replaces a value of which no generation verifies. False when one does, or another process has
 * written first.
 */
export function replaceDamaged(cell: Cell, payload: Buffer): boolean {
  // listed before the check: a value that is written later gets a higher number, and stays
  const highest = generationsIn(cell.folder)[0] ?? 0;
  if (verifies(cell)) return false;
  return tryWrite(cell, { highest, lineage: Buffer.alloc(LINEAGE_BYTES) }, payload);
}

function verifies(cell: Cell): boolean {
  try {
    newestValue(cell);
    return true;
  } catch (error) {
    if (error instanceof FobError && error.code === "invalid") return false;
    throw error;
  }
}

/**
 * Removes the remains of interrupted writes: older generations of a value that verifies, and
 * abandoned files. A value below damaged generations is written again above them, as the next write
 * would do.
 */
export function tidyCell(cell: Cell): void {
  const value = newestValue(cell);
  if (value && value.generation < value.highest) updateCell(cell, (current) => current);
  else if (value) removeBelow(cell.folder, value.generation);
}

function tryWrite(
  cell: Cell,
  current: Pick<CellValue, "highest" | "lineage"> | null,
  payload: Buffer,
): boolean {
  // only for a first value: a token that another process has removed must not be partly recreated
  if (current === null && !cell.isInner) makeFolder(cell.folder);
  // from the time when the value was read: a newer generation must not be overwritten unseen
  const generation = (current?.highest ?? 0) + 1;
  const writer = randomBytes(WRITER_LENGTH);
  const lineage = Buffer.concat([writer, current?.lineage ?? Buffer.alloc(LINEAGE_BYTES)]).subarray(
    0,
    LINEAGE_BYTES,
  );
  const sealed = cell.seal.seal(Buffer.concat([lineage, payload]), place(cell, generation));
  if (!createGeneration(cell.folder, generation, sealed)) return false;
  try {
    // once others can see a generation they may write its successor, so it cannot be withdrawn
    syncGenerations(cell.folder);
    if (!descends(cell, generation, writer)) return false;
  } catch (error) {
    throw describeDoneInDoubt(error, join(cell.folder, String(generation)));
  }
  removeBelow(cell.folder, generation);
  return true;
}

/**
 * Whether the value just written is current or an ancestor of the current one. A writer that paused
 * between reading and writing may have reused a generation number that others had used and removed
 * before.
 */
function descends(cell: Cell, generation: number, writer: Buffer): boolean {
  if (generationsIn(cell.folder)[0] === generation) return true;
  const newest = newestValue(cell);
  for (let at = 0; newest && at < LINEAGE_BYTES; at += WRITER_LENGTH) {
    if (newest.lineage.subarray(at, at + WRITER_LENGTH).equals(writer)) return true;
  }
  return false;
}

function newestValue(cell: Cell, look: CellLook | null = null): CellValue | null {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const shown = round === 0 ? look?.generations : null;
    const generations = shown ?? generationsIn(cell.folder);
    if (generations.length === 0) return null;
    const found = firstThatVerifies(cell, generations);
    // a paused writer may have reused a number that was removed since the listing: only the highest
    // number is certain to be the current value
    if (found !== "changed meanwhile" && generationsIn(cell.folder)[0] === found.highest)
      return found;
  }
  throw new FobError("unavailable", t`${cell.folder} changes faster than it can be read`);
}

function firstThatVerifies(
  cell: Cell,
  generations: readonly number[],
): CellValue | "changed meanwhile" {
  for (const generation of generations) {
    const sealed = readGeneration(cell.folder, generation);
    if (sealed === null) return "changed meanwhile";
    const plaintext = cell.seal.open(sealed, place(cell, generation));
    if (plaintext !== null && plaintext.length >= LINEAGE_BYTES) {
      return {
        highest: generations[0] ?? generation,
        generation,
        lineage: plaintext.subarray(0, LINEAGE_BYTES),
        payload: plaintext.subarray(LINEAGE_BYTES),
      };
    }
    // on a file system without hard links a value is visible while it is written: wait for its
    // writer before it counts as damaged
    if (isFresh(cell.folder, generation)) {
      pause(20);
      return "changed meanwhile";
    }
  }
  // the file may have been re-encrypted with another key and removed
  if (generationsIn(cell.folder)[0] !== generations[0]) return "changed meanwhile";
  const [highest = 0] = generations;
  if (cell.whenDamaged) {
    return {
      highest,
      generation: highest,
      lineage: Buffer.alloc(LINEAGE_BYTES),
      payload: cell.whenDamaged,
    };
  }
  throw new FobError(
    "invalid",
    t`${join(cell.folder, String(highest))} is damaged or does not belong to this vault`,
    {
      hint: t("restore this file from a backup of the vault folder"),
    },
  );
}

function place(cell: Cell, generation: number): string {
  return `${cell.identity}/${generation}`;
}
