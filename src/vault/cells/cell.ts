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
 * How many earlier writers a value remembers, and how many bytes name each. A writer that sleeps
 * through more writes of others cannot know that its own counted, and writes once more: for a
 * counter that is a gap, never a repetition.
 */
const LINEAGE_LENGTH = 64;
const WRITER_LENGTH = 6;
/** What stands before the payload in every file of a cell. */
export const LINEAGE_BYTES = LINEAGE_LENGTH * WRITER_LENGTH;

/** The generation of a cell's first value. */
const FIRST = 1;

/**
 * Rounds of losing against other writers before a cell counts as stuck; each round somebody else
 * made progress.
 */
const MAX_ROUNDS = 10_000;

/**
 * A value on disk that several processes change without locks. Its folder holds one file a
 * generation; the highest generation that verifies is the value. `identity` is bound into the seal,
 * so that a file moved to another cell fails.
 */
export interface Cell {
  readonly folder: string;
  readonly identity: string;
  readonly seal: Seal;
  /**
   * The value that counts when there are files and none verifies; without it the cell is refused
   * then.
   */
  readonly whenDamaged?: Buffer;
}

interface CellValue {
  /**
   * The highest generation there was when this value was read, counting damaged files: its
   * successor is one more.
   */
  readonly highest: number;
  /** The generation that holds it. */
  readonly generation: number;
  readonly lineage: Buffer;
  readonly payload: Buffer;
}

/**
 * The highest generation there is, counting damaged ones, and its size in bytes; null for a cell
 * that was never written.
 */
export function newestGeneration({
  folder,
}: Cell): { readonly generation: number; readonly bytes: number } | null {
  const [generation] = generationsIn(folder);
  return generation === undefined
    ? null
    : { generation, bytes: sizeOfGeneration(folder, generation) };
}

/**
 * The cell's value, or null when it was never written. Throws FobError `invalid` when no generation
 * verifies.
 */
export function readCell(cell: Cell): Buffer | null {
  return newestValue(cell)?.payload ?? null;
}

/**
 * What the newest file of a cell with a checksum says, at its word: for whoever asks somebody else
 * whether that is right. Null when it was never written, or is being written.
 */
export function peekCell({ folder }: Cell): Buffer | null {
  const [generation] = generationsIn(folder);
  const sealed = generation === undefined ? null : readGeneration(folder, generation);
  return sealed && withoutChecksum(sealed).subarray(LINEAGE_BYTES);
}

/**
 * Replaces the value by `change(value)`, durably and exactly once: if another process was faster,
 * `change` is asked again with the newer value. When it returns null, nothing is written. Returns
 * the value written, or null. Throws FobError `unavailable` when the disk fails; `isDone` says that
 * the value stands all the same, and that a power cut may lose it.
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
 * Writes the first value of a cell that no other process knows yet: whole or not at all, with one
 * file operation less than {@link updateCell}. The caller fsyncs the folder that the cell lies in.
 * Throws FobError `unavailable` when the disk is full, read-only or failing, or the cell exists.
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
 * Puts `payload` in the place of a value of which no generation verifies. False when one does, or
 * another process was faster.
 */
export function replaceDamaged(cell: Cell, payload: Buffer): boolean {
  // by what is there before the look: whatever comes later has a higher number, and stays
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
 * Removes what interrupted writes left behind: generations that have a successor which verifies,
 * and abandoned files. A value below files that do not verify is written anew above them, as the
 * next write would do.
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
  // never made again for a value that had one: a token that was removed meanwhile must not come
  // back by halves
  if (current === null) makeFolder(cell.folder);
  // by what was seen when the value was read, not by what is there now: else a newer value would be
  // overwritten unseen
  const generation = (current?.highest ?? 0) + 1;
  const writer = randomBytes(WRITER_LENGTH);
  const lineage = Buffer.concat([writer, current?.lineage ?? Buffer.alloc(LINEAGE_BYTES)]).subarray(
    0,
    LINEAGE_BYTES,
  );
  const sealed = cell.seal.seal(Buffer.concat([lineage, payload]), place(cell, generation));
  if (!createGeneration(cell.folder, generation, sealed)) return false;
  try {
    // a generation that others see may be built upon by them: from here on nothing can be taken
    // back
    syncGenerations(cell.folder);
    if (!descends(cell, generation, writer)) return false;
  } catch (error) {
    throw describeDoneInDoubt(error, join(cell.folder, String(generation)));
  }
  removeBelow(cell.folder, generation);
  return true;
}

/**
 * Whether the value just written counts. A writer that slept between reading and writing may have
 * created a generation number that others had used and cleaned away long ago: then the newest value
 * does not have it among its ancestors.
 */
function descends(cell: Cell, generation: number, writer: Buffer): boolean {
  if (generationsIn(cell.folder)[0] === generation) return true;
  const newest = newestValue(cell);
  for (let at = 0; newest && at < LINEAGE_BYTES; at += WRITER_LENGTH) {
    if (newest.lineage.subarray(at, at + WRITER_LENGTH).equals(writer)) return true;
  }
  return false;
}

function newestValue(cell: Cell): CellValue | null {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const generations = generationsIn(cell.folder);
    if (generations.length === 0) return null;
    const found = firstThatVerifies(cell, generations);
    // a late writer may have put its file under a number cleaned away since it was listed: only the
    // highest one is sure to be what it was when it became the value
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
    // without hard links a value is visible while it is being written: let its writer finish before
    // passing it over
    if (isFresh(cell.folder, generation)) {
      pause(20);
      return "changed meanwhile";
    }
  }
  // what looks damaged may have been sealed anew under another key, and been cleaned away
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
