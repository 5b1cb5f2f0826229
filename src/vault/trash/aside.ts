import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { moveTo, syncFolder } from "#base/durable-file.ts";
import { describeDoneInDoubt, describeFileError } from "#base/file-error.ts";
import { vaultFolder } from "#vault/cells/layout.ts";

/**
 * Moves something damaged to `damaged-WHAT-...` in the vault's folder, so that it is not lost.
 * Returns its new path.
 */
export function putAside(home: string, path: string, what: string): string {
  const place = join(vaultFolder(home), `damaged-${what}-${randomBytes(4).toString("hex")}`);
  move(path, place);
  return place;
}

/**
 * Moves a file or folder durably. Throws FobError `unavailable`; its `isDone` says whether the move
 * happened all the same.
 */
export function move(from: string, to: string): void {
  try {
    moveTo(from, to);
  } catch (error) {
    throw describeFileError(error, "move", from);
  }
  try {
    // the new folder first: after a power cut it must not be missing in both
    syncFolder(dirname(to));
    syncFolder(dirname(from));
  } catch (error) {
    throw describeDoneInDoubt(error, to);
  }
}
