import { rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Cell } from "#vault/cells/cell.ts";
import { homeOf } from "#vault/cells/folder-error.ts";
import { putAside } from "#vault/trash/aside.ts";

/** Whether a file is in the place of the cell's folder, or of their common folder. */
export function isNoFolder({ folder }: Cell): boolean {
  return isFile(dirname(folder)) || isFile(folder);
}

/**
 * Puts a damaged cell or the common folder aside, so that it can be inspected later. Throws
 * FobError `unavailable`; its `isDone` says whether that happened all the same.
 */
export function setAside({ folder }: Cell): void {
  const all = dirname(folder);
  const damaged = isFile(all) ? all : folder;
  if (statSync(damaged, { throwIfNoEntry: false })) putAside(homeOf(folder), damaged, "attempts");
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
