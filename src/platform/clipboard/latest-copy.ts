import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeQuietly } from "#base/durable-file.ts";
import { isOurFolder, socketFolders } from "#platform/agent/socket-folders.ts";

/** A copy to one clipboard, and the file that names the latest copy to it. */
export interface Copy {
  readonly file: string;
  readonly id: string;
}

/** What tells one clipboard of this user from another. */
const CLIPBOARDS = ["DISPLAY", "WAYLAND_DISPLAY", "TMUX"];

/**
 * Notes a copy as the latest one to a clipboard, so that what waits to clear an earlier copy of the
 * same text leaves it alone. Null where no folder can keep the note.
 */
export function noteCopy(keeper: string, env: NodeJS.ProcessEnv): Copy | null {
  const which = [keeper, ...CLIPBOARDS.map((name) => env[name] ?? "")].join("\0");
  const name = createHash("sha256").update(which).digest("hex").slice(0, 16);
  const id = randomBytes(16).toString("hex");
  for (const folder of process.platform === "win32" ? [tmpdir()] : socketFolders(env)) {
    const file = join(folder, `fob-copy-${name}`);
    try {
      makeOurs(folder);
      writeFileSync(file, id, { mode: 0o600 });
      return { file, id };
    } catch {
      // full, or not to be written to: the next one
    }
  }
  return null;
}

/** Whether no later copy was noted. */
export function isLatest(copy: Copy | null): boolean {
  try {
    return copy === null || readFileSync(copy.file, "latin1") === copy.id;
  } catch {
    // a later copy that failed, or somebody who tidied up
    return true;
  }
}

/** Forgets the note of a copy that failed, or was cleared. */
export function forgetCopy(copy: Copy | null): void {
  if (copy !== null && isLatest(copy)) removeQuietly(copy.file);
}

function makeOurs(folder: string): void {
  if (process.platform === "win32" || isOurFolder(folder)) return;
  mkdirSync(folder, { mode: 0o700 });
}
