import { readdirSync, statSync } from "node:fs";
import { basename, dirname, sep } from "node:path";
import { describeFileError, type FileAction } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The name of a vault's folder in its home. */
export const VAULT_FOLDER = "vault";

/**
 * Describes a failure to read or create a folder of the vault as FobError: `invalid` where a file
 * is in its place, or in the place of a parent folder in the vault; else as {@link
 * describeFileError} does.
 */
export function describeFolderError(error: unknown, action: FileAction, folder: string): FobError {
  const { code } = error as NodeJS.ErrnoException;
  const file = code === "ENOTDIR" || code === "EEXIST" ? fileAbove(folder) : null;
  if (error instanceof FobError || file === null || !isOfVault(file))
    return describeFileError(error, action, folder);
  return new FobError("invalid", t`${file} is damaged: it is a file, and must be a folder`, {
    hint: t(
      "`fob doctor --repair` puts it aside where it can; else restore the folder from a backup of the vault folder",
    ),
    cause: error,
  });
}

/**
 * The names in a folder of the vault, unsorted; empty when there is no such folder. Throws {@link
 * describeFolderError}.
 */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFolderError(error, "read", folder);
  }
}

/** The home that a folder of the vault is in; the folder itself where it is in no vault. */
export function homeOf(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if (basename(at) === VAULT_FOLDER) return dirname(at);
  }
  return folder;
}

/** Whether a path is in the vault. A file above it is a wrong home, not damage of the vault. */
function isOfVault(path: string): boolean {
  return path.split(sep).includes(VAULT_FOLDER);
}

/** The path itself or its nearest existing parent, if that is not a folder; else null. */
function fileAbove(path: string): string | null {
  try {
    return statSync(path).isDirectory() ? null : path;
  } catch {
    // it does not exist, or is below a file
    const parent = dirname(path);
    return parent === path ? null : fileAbove(parent);
  }
}
