import { randomBytes } from "node:crypto";
import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "../file-error.ts";
import { removedFolder, type VaultLayout } from "./layout.ts";

/** The name of a removed token's folder on its way out: nothing is restored from half of it. */
const DISCARDED = /^\.discarded-/;

/** Removes what lies under an id among the removed tokens, for good. It is out of everybody's reach before its files go. */
export function discard(layout: VaultLayout, id: string): void {
  const folder = join(removedFolder(layout), id);
  try {
    renameSync(folder, join(removedFolder(layout), `.discarded-${id}-${randomBytes(4).toString("hex")}`));
  } catch (error) {
    // restored, or let go by somebody else
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw describeFileError(error, "remove", folder);
  }
  finishDiscarding(layout);
}

/** Removes what was discarded, also by those who were interrupted. */
export function finishDiscarding(layout: VaultLayout): void {
  const folder = removedFolder(layout);
  try {
    for (const name of readdirSync(folder)) {
      if (DISCARDED.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw describeFileError(error, "remove", folder);
  }
}
