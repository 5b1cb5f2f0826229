import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from "node:fs";

/**
 * Creates a file that must not exist yet, with mode 0600, and returns when its bytes are on the disk. On any failure there is no
 * such file. Throws the file system's own error.
 */
export function writeNewFile(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } catch (error) {
    removeQuietly(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes the names in a folder durable, where a program can do so (Windows does it by itself). */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes a file whose staying would do no harm. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone already, or it stays: both are fine by the caller
  }
}
