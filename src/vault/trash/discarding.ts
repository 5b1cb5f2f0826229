import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeFolderError } from "#vault/cells/folder-error.ts";

/** The name of a folder on its way out: nobody reads, restores or writes half of it. */
const DISCARDED = /^\.discarded-/;

/** Removes a folder for good. It is out of everybody's reach before its files go. */
export function discard(folder: string): void {
  const parent = dirname(folder);
  try {
    renameSync(
      folder,
      join(parent, `.discarded-${basename(folder)}-${randomBytes(4).toString("hex")}`),
    );
  } catch (error) {
    // restored, or discarded by somebody else
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw describeFolderError(error, "remove", folder);
  }
  finishDiscarding(parent);
}

/** Removes what was discarded in a folder, also by those who were interrupted. */
export function finishDiscarding(parent: string): void {
  try {
    for (const name of readdirSync(parent)) {
      if (DISCARDED.test(name)) rmSync(join(parent, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw describeFolderError(error, "read", parent);
  }
}
