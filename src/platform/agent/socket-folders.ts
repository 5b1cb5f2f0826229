import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { t } from "#base/language.ts";

/**
 * The longest path of a socket that every system supports, in bytes; Node silently cuts a longer
 * one.
 */
export const MAX_NAME_BYTES = 103;

/** The bytes of a slash and of an agent's name: 32 digits and `.sock`. */
const NAME_BYTES = 38;

/** A folder for sockets, and the variable of the environment that names the one around it. */
interface Candidate {
  readonly folder: string;
  readonly variable: string | null;
}

/**
 * The folders where this user's agents can have their sockets, the best one first. One in a folder
 * that is missing, another user's or relative is passed over. The folders may not exist yet.
 */
export function socketFolders(env: NodeJS.ProcessEnv): string[] {
  return candidates(env)
    .filter((candidate) => faultOf(candidate) === null)
    .map(({ folder }) => folder);
}

/** What is wrong with each folder that {@link socketFolders} passes over, in words. */
export function faultsOfSocketFolders(env: NodeJS.ProcessEnv): string[] {
  return candidates(env).flatMap((candidate) => faultOf(candidate) ?? []);
}

/** Whether only this user can access a folder. */
export function isOurFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return (
    found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  );
}

function candidates({ XDG_RUNTIME_DIR, TMPDIR }: NodeJS.ProcessEnv): Candidate[] {
  const name = `fob-${process.getuid?.()}`;
  return [
    ...(XDG_RUNTIME_DIR
      ? [{ folder: join(XDG_RUNTIME_DIR, "fob"), variable: "XDG_RUNTIME_DIR" }]
      : []),
    ...(TMPDIR ? [{ folder: join(TMPDIR, name), variable: "TMPDIR" }] : []),
    { folder: join("/tmp", name), variable: null },
  ];
}

/** What is wrong with a folder for sockets, in words; null for one that can be used. */
function faultOf({ folder, variable }: Candidate): string | null {
  const around = dirname(folder);
  const named = variable === null ? around : `${variable} (${around})`;
  if (!isAbsolute(around)) return t`${named} is not an absolute path`;
  if (Buffer.byteLength(folder) + NAME_BYTES > MAX_NAME_BYTES)
    return t`${named} is too long for the name of a socket`;
  const found = lookAt(around);
  if (!found?.isDirectory()) return t`${named} is not a folder`;
  // whoever owns the session's folder could replace what is in it
  if (variable === "XDG_RUNTIME_DIR" && found.uid !== process.getuid?.())
    return t`${named} belongs to another user`;
  if (lstatSync(folder, { throwIfNoEntry: false }))
    return isOurFolder(folder) ? null : t`${folder} is not a folder that only you can reach`;
  return isWritable(around) ? null : t`nothing can be created in ${named}`;
}

function lookAt(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // a part of the path is not a folder, or not readable
    return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    // another user's, or read-only
    return false;
  }
}
