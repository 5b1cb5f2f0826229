import { accessSync, chmodSync, constants, lstatSync, readdirSync } from "node:fs";
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

const ROOT = 0;

/** Whose a home is, and what in it is not this user's. */
export interface Ownership {
  /** Null for a home that does not exist, and on Windows. */
  readonly owner: number | null;
  /** Whether this user can read and write it. */
  readonly isUsable: boolean;
  /** Files and folders of another user than the owner, as far as this user can list them. */
  readonly foreign: readonly { readonly path: string; readonly owner: number }[];
}

/** Looks at whose the files of a home are. */
export function ownershipOf(home: string): Ownership {
  const owner = process.platform === "win32" ? null : (ownerOf(home) ?? null);
  if (owner === null) return { owner, isUsable: true, foreign: [] };
  // a container may run as any user, in a home that its picture made
  const ours = owner === ROOT ? process.geteuid?.() : owner;
  return {
    owner,
    isUsable: isUsable(home),
    foreign: everythingIn(home, (folder) => [folder]).flatMap((path) => {
      const found = ownerOf(path);
      return found === undefined || found === owner || found === ours
        ? []
        : [{ path, owner: found }];
    }),
  };
}

function isUsable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // another user's
    return false;
  }
}

function ownerOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.uid;
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

/**
 * Does not follow links, because their targets are not ours. `unlisted` says what counts for a
 * folder that cannot be listed.
 */
function everythingIn(
  folder: string,
  unlisted: (folder: string, error: unknown) => string[] = refuse,
): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return [
      folder,
      ...entries
        .filter((entry) => entry.isFile() || entry.isDirectory())
        .flatMap((entry) => {
          const path = join(folder, entry.name);
          return entry.isDirectory() ? everythingIn(path, unlisted) : [path];
        }),
    ];
  } catch (error) {
    // a folder that disappears meanwhile is a cell that was moved
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    return unlisted(folder, error);
  }
}

function refuse(folder: string, error: unknown): never {
  throw describeFileError(error, "read", folder);
}
