import { lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

/** Root reads every file, whatever its rights say. */
const isRoot = process.getuid?.() === 0;
export const NOBODY = 65_534;

/** Whether {@link boundByRights} is possible: a thread cannot change its user. */
export const canBeBound = !isRoot || isMainThread;

/** Does something in a folder as a user whom the rights of files bind. */
export async function boundByRights<T>(folder: string, act: () => T | Promise<T>): Promise<T> {
  if (!isRoot) return act();
  giveToNobody(folder);
  process.seteuid?.(NOBODY);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

/** Gives a folder with all that is in it to a user without rights, where this process is root. */
export function giveToNobody(folder: string): void {
  if (!isRoot) return;
  for (const name of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })])
    lchownSync(join(folder, name), NOBODY, NOBODY);
}
