import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { lastUsesFile, locatorFile, type VaultLayout, vaultFolder } from "#vault/cells/layout.ts";
import { putAside } from "./aside.ts";

/** The folders of a vault that hold folders. */
const FOLDERS = ["tokens", "removed", "attempts", "grants", "batches"];

/** What lies in a vault where something of another kind belongs. */
export interface Misplaced {
  readonly path: string;
  readonly is: "file" | "folder";
}

/**
 * Files where the vault has folders of its own, and folders where it has single files. Cells are
 * looked at by whoever reads them.
 */
export function misplacedIn(layout: VaultLayout): Misplaced[] {
  const folders = FOLDERS.map((name) => join(vaultFolder(layout.home), name));
  const files = [lastUsesFile(layout), locatorFile(layout)];
  return [
    ...folders
      .filter((path) => isFolder(path) === false)
      .map((path) => ({ path, is: "file" }) as const),
    ...files
      .filter((path) => isFolder(path) === true)
      .map((path) => ({ path, is: "folder" }) as const),
  ];
}

/** Puts aside what is misplaced; what belongs there is made when it is needed. */
export function putMisplacedAside({ home }: VaultLayout, misplaced: readonly Misplaced[]): void {
  for (const { path } of misplaced) putAside(home, path, basename(path));
}

/** Null where there is nothing. */
function isFolder(path: string): boolean | null {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? null;
}
