import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  publishFile,
  removeQuietly,
  syncFolder,
  whenReleased,
  writeNewFile,
} from "#base/durable-file.ts";
import { isLongAgo, isYoung } from "#base/file-age.ts";
import { describeFileError } from "#base/file-error.ts";
import { refuseForeignHome } from "#base/home-owner.ts";
import { makeFolders } from "#base/make-folders.ts";
import { describeFolderError, homeOf, namesIn } from "./folder-error.ts";

/** The largest file that is read, in bytes; no file of a vault is nearly as large. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const GENERATION_NAME = /^[1-9][0-9]{0,15}$/;
const TEMPORARY_NAME = /^\.new-/;

/**
 * The generation numbers in a cell's folder, the highest first; empty when there is no such folder.
 */
export function generationsIn(folder: string): number[] {
  return namesIn(folder)
    .filter((name) => GENERATION_NAME.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}

/** The bytes of one generation: empty for something other than a file, null when it is gone. */
export function readGeneration(folder: string, generation: number): Buffer | null {
  const path = join(folder, String(generation));
  try {
    // on Windows, opening fails while a file that others have open is being deleted
    return whenReleased(() => {
      const stat = statSync(path);
      return !stat.isFile() || stat.size > MAX_FILE_BYTES ? Buffer.alloc(0) : readFileSync(path);
    });
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw describeFileError(error, "read", path);
  }
}

/** The size of one generation in bytes; 0 when it is gone. */
export function sizeOfGeneration(folder: string, generation: number): number {
  return statSync(join(folder, String(generation)), { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Whether a generation was written so recently that its writer may not have finished. False for
 * something other than a file.
 */
export function isFresh(folder: string, generation: number): boolean {
  try {
    const stat = statSync(join(folder, String(generation)));
    return stat.isFile() && isYoung(stat.mtimeMs);
  } catch (error) {
    // gone: another process has written, and the caller looks again
    if (isCode(error, "ENOENT")) return true;
    throw describeFileError(error, "read", folder);
  }
}

/**
 * Creates a cell's folder with mode 0700, and makes its name durable. Throws FobError `denied` in
 * another user's home, as everything here does that writes.
 */
export function makeFolder(folder: string): void {
  refuseForeignHome(homeOf(folder));
  try {
    const first = makeFolders(folder, 0o700);
    if (first === null) return;
    for (let made = folder; made.length >= first.length; made = dirname(made))
      syncFolder(dirname(made));
  } catch (error) {
    throw describeFolderError(error, "create", folder);
  }
}

/**
 * Creates a folder in one that exists, with mode 0700, and makes its name durable. False when the
 * outer folder is gone.
 */
export function makeInnerFolder(folder: string): boolean {
  refuseForeignHome(homeOf(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
    syncFolder(dirname(folder));
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    if (!isCode(error, "EEXIST")) throw describeFolderError(error, "create", folder);
  }
  return true;
}

/**
 * Writes `bytes` as generation `generation`, atomically. Returns false when that generation exists
 * already or the folder is gone. The name is durable after {@link syncGenerations}. Throws FobError
 * `unavailable` when the disk is full, read-only or failing.
 */
export function createGeneration(folder: string, generation: number, bytes: Buffer): boolean {
  const path = join(folder, String(generation));
  refuseForeignHome(homeOf(folder));
  try {
    return publishFile(join(folder, `.new-${randomBytes(8).toString("hex")}`), path, bytes);
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw describeFileError(error, "write", path);
  }
}

/**
 * Creates a folder with one generation in it and makes both durable, except for the folder's name.
 * Throws FobError `unavailable` when that fails, or the folder exists.
 */
export function createFolderWith(folder: string, generation: number, bytes: Buffer): void {
  refuseForeignHome(homeOf(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
    writeNewFile(join(folder, String(generation)), bytes);
    syncFolder(folder);
  } catch (error) {
    throw describeFileError(error, "write", folder);
  }
}

/**
 * Makes the names of a cell's generations durable. Does nothing when the folder is gone. Throws the
 * file system's own error.
 */
export function syncGenerations(folder: string): void {
  try {
    syncFolder(folder);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
}

/** Temporary files in a cell's folder that are too old to belong to a running write. */
export function abandonedFilesIn(folder: string): string[] {
  return namesIn(folder).filter((name) => {
    if (!TEMPORARY_NAME.test(name)) return false;
    const changed = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
    return changed !== undefined && isLongAgo(changed);
  });
}

/**
 * Removes the generations below `generation`, the lowest first, and abandoned temporary files.
 * Failures are ignored: the value does not depend on them, and the next write tries again.
 */
export function removeBelow(folder: string, generation: number): void {
  try {
    for (const old of generationsIn(folder).reverse()) {
      if (old < generation) removeQuietly(join(folder, String(old)));
    }
    for (const name of abandonedFilesIn(folder)) removeQuietly(join(folder, name));
  } catch {
    // old files stay until the next write
  }
}

/** Removes a folder if it has no files. Returns whether it was removed. */
export function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    // not empty, or another process has removed it: there is nothing to do
    return false;
  }
}

/** Blocks this thread: the vault is synchronous, and waiting is rare. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
