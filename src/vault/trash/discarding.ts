import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeFolderError } from "#vault/cells/folder-error.ts";

/** The name of a folder that is being deleted; fob does not read, restore or write it. */
const DISCARDED = /^\.discarded-/;

/** Deletes a folder. It is renamed first, so that no process sees half of it. */
export function discard(folder: string): void {
  const parent = dirname(folder);
  try {
    renameSync(
      folder,
      join(parent, `.discarded-${basename(folder)}-${randomBytes(4).toString("hex")}`),
    );
  } catch (error) {
    // another process has restored or deleted it
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw describeFolderError(error, "remove", folder);
  }
  finishDiscarding(parent);
}

/** Deletes what an interrupted {@link discard} left in a folder. */
export function finishDiscarding(parent: string): void {
  try {
    for (const name of readdirSync(parent)) {
      if (DISCARDED.test(name)) rmSync(join(parent, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw describeFolderError(error, "read", parent);
  }
}
