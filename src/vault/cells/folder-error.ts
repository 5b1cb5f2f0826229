import { readdirSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { describeFileError, type FileAction } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The name of a vault's folder in its home. */
export const VAULT_FOLDER = "vault";

/**
 * A folder of the vault that could not be read or made, as FobError: `invalid` where a file lies in
 * its place, or in the place of a folder of the vault above it; else what
 * {@link describeFileError} says.
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
 * The names in a folder of the vault, in no order; none where there is no such folder. Throws
 * {@link describeFolderError}.
 */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw describeFolderError(error, "read", folder);
  }
}

/** A file above the vault is no damage of the vault: another home was meant. */
function isOfVault(path: string): boolean {
  return path.split(sep).includes(VAULT_FOLDER);
}

/** The path itself or the nearest one above it that is there, if that is no folder; else null. */
function fileAbove(path: string): string | null {
  try {
    return statSync(path).isDirectory() ? null : path;
  } catch {
    // not there, or below a file
    const parent = dirname(path);
    return parent === path ? null : fileAbove(parent);
  }
}
