import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";

/**
 * Files and folders below `folder`, and itself, that others than their owner can read or write;
 * none where modes mean nothing.
 */
export function openToOthers(folder: string): string[] {
  if (process.platform === "win32") return [];
  return everythingIn(folder).filter(
    (path) => (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077,
  );
}

/** Takes every right on these from others. */
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

/** No link is followed: what it points at is not ours. */
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
    // a folder that vanishes meanwhile is a cell that was moved
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFileError(error, "read", folder);
  }
}
