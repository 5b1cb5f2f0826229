import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";

/**
 * Files and folders at and below `folder` that other users than their owner can read or write; none
 * on Windows, where modes have no meaning.
 */
export function openToOthers(folder: string): string[] {
  if (process.platform === "win32") return [];
  return everythingIn(folder).filter(
    (path) => (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077,
  );
}

/** Removes all rights of other users on these paths. */
export function closeToOthers(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      chmodSync(path, lstatSync(path).mode & 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        throw describeFileError(error, "change", path);
    }
  }
}

/** Does not follow links, because their targets are not ours. */
function everythingIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return [
      folder,
      ...entries
        .filter((entry) => entry.isFile() || entry.isDirectory())
        .flatMap((entry) => {
          const path = join(folder, entry.name);
          return entry.isDirectory() ? everythingIn(path) : [path];
        }),
    ];
  } catch (error) {
    // a folder that disappears meanwhile is a cell that was moved
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFileError(error, "read", folder);
  }
}
