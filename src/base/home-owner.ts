import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { removeQuietly } from "./durable-file.ts";
import { FobError } from "./fob-error.ts";
import { t } from "./language.ts";

/** Root reads the files of all users: nobody locks it out of its own home. */
const ROOT = 0;

/**
 * Refuses to write into a home that belongs to another user, who could not read the new files: as
 * root with the user's HOME, for example. Throws FobError `denied`. A home that does not exist yet
 * counts as part of the folder that root would create it in.
 */
export function refuseForeignHome(home: string): void {
  const ours = process.geteuid?.();
  if (ours === undefined) return;
  const owner = ownerOf(home);
  if (owner === null) {
    const around = nearestOwner(home);
    if (ours === ROOT && around !== ROOT) throw refusal(home, around);
  } else if (owner !== ours && owner !== ROOT && !givesTo(owner, home)) {
    throw refusal(home, owner);
  }
}

/**
 * A user's name and number, as `ann (1000)`; only the number where the system's list has no name.
 */
export function nameUser(uid: number): string {
  const name = listedName(uid);
  return name === null ? String(uid) : `${name} (${uid})`;
}

function ownerOf(folder: string): number | null {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.uid ?? null;
  } catch {
    // a part of the path is not a folder, or cannot be read: writing says so
    return null;
  }
}

function nearestOwner(folder: string): number {
  for (let at = dirname(resolve(folder)); ; at = dirname(at)) {
    const owner = ownerOf(at);
    if (owner !== null || at === dirname(at)) return owner ?? ROOT;
  }
}

/** Whether new files belong to the owner of the folder, as on file systems without owners. */
function givesTo(owner: number, folder: string): boolean {
  const path = join(folder, `.new-${randomBytes(8).toString("hex")}`);
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      return fstatSync(file).uid === owner;
    } finally {
      closeSync(file);
      removeQuietly(path);
    }
  } catch (error) {
    // a full or read-only disk is told about by the write itself
    return !["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

function refusal(home: string, owner: number): FobError {
  return new FobError(
    "denied",
    t`${home} belongs to user ${nameUser(owner)}, who could not read what this user writes there`,
    { hint: t("run fob as that user, or name a folder of your own with --home or FOB_HOME") },
  );
}

function listedName(uid: number): string | null {
  try {
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name = "", , number] = line.split(":");
      if (number === String(uid) && name !== "") return name;
    }
  } catch {
    // this system has no such list
  }
  return null;
}
