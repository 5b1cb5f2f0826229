import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The address of a repository on this machine that is no path. */
const FILE_ADDRESS = /^file:/i;

/**
 * The remote as git gets it: a path is made absolute. Throws FobError `usage` for one with a
 * password in it, which git would show to every user of this machine, and for one that is an
 * option or a program.
 */
export function checkRemote(text: string): string {
  if (text === "" || text.startsWith("-") || /\p{Cc}/u.test(text) || text.includes("::"))
    throw new FobError("usage", t`${JSON.stringify(text)} is no address of a repository`);
  if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(text)) {
    throw new FobError("usage", t("the address holds a password, which other users could read"), {
      hint: t("leave it out: git asks for it, or its credential helper knows it"),
    });
  }
  const isRelative = isOnThisMachine(text) && !isAbsolute(text) && !FILE_ADDRESS.test(text);
  return isRelative ? resolve(text) : text;
}

/** Whether a repository is on this machine: no server stands before it. */
export function isOnThisMachine(remote: string): boolean {
  if (FILE_ADDRESS.test(remote)) return true;
  return !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(remote) && !/^[^/\\:]+:/.test(remote);
}

/** The folder of a repository on this machine; null for one that a server has. */
export function folderOf(remote: string): string | null {
  if (isAbsolute(remote)) return remote;
  if (!FILE_ADDRESS.test(remote)) return null;
  try {
    return fileURLToPath(remote);
  } catch {
    // no address that this system has a path for: git judges it
    return null;
  }
}

/** Whether git runs ssh for a remote. */
export function isBySsh(remote: string): boolean {
  return !isOnThisMachine(remote) && !/^(?:https?|ftps?|git):\/\//i.test(remote);
}

/** What people call the place of a remote: the host of a server, else the path. */
export function placeOf(remote: string): string {
  if (isOnThisMachine(remote)) return folderOf(remote) ?? remote;
  const [, withUser = remote] =
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/]*)/.exec(remote) ?? /^([^:]*):/.exec(remote) ?? [];
  return withUser.slice(withUser.lastIndexOf("@") + 1);
}
