import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { lastUsesFile, locatorFile, type VaultLayout, vaultFolder } from "#vault/cells/layout.ts";
import { putAside } from "./aside.ts";

/** The folders of a vault that hold folders. */
const FOLDERS = [
  "tokens",
  "removed",
  "attempts",
  "grants",
  "batches",
  "access-log",
  "codes-left",
  "sync-turn",
];

/** Something in the vault's folder that is not of the expected kind. */
export interface Misplaced {
  readonly path: string;
  readonly wanted: "file" | "folder";
  readonly is: "file" | "folder" | "neither";
}

/**
 * What is not a folder where fob has folders, or not a file where fob has files, such as pipes and
 * devices. Cells are checked when they are read.
 */
export function misplacedIn(layout: VaultLayout): Misplaced[] {
  const folders = FOLDERS.map((name) => join(vaultFolder(layout.home), name));
  const files = [lastUsesFile(layout), locatorFile(layout)];
  return [
    ...folders.map((path) => ({ path, wanted: "folder" }) as const),
    ...files.map((path) => ({ path, wanted: "file" }) as const),
  ].flatMap(({ path, wanted }) => {
    const is = kindOf(path);
    return is === null || is === wanted ? [] : [{ path, wanted, is }];
  });
}

/** Puts aside what is misplaced; fob makes the right folder or file when it needs it. */
export function putMisplacedAside({ home }: VaultLayout, misplaced: readonly Misplaced[]): void {
  for (const { path } of misplaced) putAside(home, path, basename(path));
}

/** Null where there is nothing. */
function kindOf(path: string): Misplaced["is"] | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return null;
  if (found.isDirectory()) return "folder";
  return found.isFile() ? "file" : "neither";
}
