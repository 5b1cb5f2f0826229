import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Calls `replace`, then overwrites the files of `folder` that it has removed: they are still open
 * here. A disk may keep copies of what is overwritten all the same; docs/security.md says so.
 */
export function overwritingRemoved(folder: string, replace: () => void): void {
  const files = openFiles(folder);
  try {
    replace();
    for (const [path, file] of files) if (!existsSync(path)) overwrite(file);
  } finally {
    for (const file of files.values()) closeSync(file);
  }
}

function openFiles(folder: string): ReadonlyMap<string, number> {
  const files = new Map<string, number>();
  for (const name of readdirSync(folder)) {
    try {
      files.set(join(folder, name), openSync(join(folder, name), "r+"));
    } catch {
      // another process has removed it, or it is a folder
    }
  }
  return files;
}

function overwrite(file: number): void {
  const { size } = fstatSync(file);
  writeSync(file, Buffer.alloc(size), 0, size, 0);
  fsyncSync(file);
}
