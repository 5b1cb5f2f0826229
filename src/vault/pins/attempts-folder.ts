import { randomBytes } from "node:crypto";
import { renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder } from "#base/durable-file.ts";
import { describeFileError } from "#base/file-error.ts";
import type { Cell } from "#vault/cells/cell.ts";

/** Whether a file is in the place of the cell's folder, or of their common folder. */
export function isNoFolder({ folder }: Cell): boolean {
  return isFile(dirname(folder)) || isFile(folder);
}

/**
 * Renames a damaged cell or the common folder, so that it can be inspected later. Throws FobError
 * `unavailable`.
 */
export function setAside({ folder }: Cell): void {
  const all = dirname(folder);
  const place = dirname(all);
  const damaged = isFile(all) ? all : folder;
  if (!statSync(damaged, { throwIfNoEntry: false })) return;
  try {
    renameSync(damaged, join(place, `damaged-attempts-${randomBytes(4).toString("hex")}`));
    syncFolder(place);
  } catch (error) {
    throw describeFileError(error, "move", folder);
  }
}

/** Removes the folder of a cell. A failure is ignored. */
export function removeFolder({ folder }: Cell): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // it stays without effect: nothing reads it, and the next write tries again
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}
