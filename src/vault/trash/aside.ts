import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { moveTo, syncFolder } from "#base/durable-file.ts";
import { describeDoneInDoubt, describeFileError } from "#base/file-error.ts";
import { vaultFolder } from "#vault/cells/layout.ts";

/**
 * Moves what is damaged out of the way, as `damaged-WHAT-...` in the vault's folder: it may still
 * be of use to somebody. Returns its new place.
 */
export function putAside(home: string, path: string, what: string): string {
  const place = join(vaultFolder(home), `damaged-${what}-${randomBytes(4).toString("hex")}`);
  move(path, place);
  return place;
}

/**
 * Gives a file or folder another place, durably. Throws FobError `unavailable`; its `isDone` says
 * that the thing has moved all the same.
 */
export function move(from: string, to: string): void {
  try {
    moveTo(from, to);
  } catch (error) {
    throw describeFileError(error, "move", from);
  }
  try {
    // the new place first: a power cut must not find it in neither
    syncFolder(dirname(to));
    syncFolder(dirname(from));
  } catch (error) {
    throw describeDoneInDoubt(error, to);
  }
}
