import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder, and those that it lies in as far as they are missing, with this mode (0777
 * without one, less the umask). Returns the outermost one that was created; null where the folder
 * exists. Throws the error of the file system. `mkdirSync` with `recursive` never returns below
 * /proc in Node 20, where a folder is missing and cannot be created.
 */
export function makeFolders(folder: string, mode?: number): string | null {
  if (isFolder(folder)) return null;
  const outer = dirname(folder);
  const first = outer === folder ? null : makeFolders(outer, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // another process may have been faster
    if (isFolder(folder)) return first;
    throw error;
  }
  return first ?? folder;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
