import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";

/** Error codes of file systems that have no hard links. Windows reports EISDIR for FAT. */
const NO_LINKS = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EACCES",
  "EINVAL",
  "EISDIR",
  "EMLINK",
  "EXDEV",
]);

/** Error codes of file systems that cannot sync a folder. A program can do nothing about it. */
const NO_FOLDER_SYNC = new Set([
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EPERM",
  "EACCES",
  "EBADF",
  "EISDIR",
]);

/**
 * Error codes of Windows for a file that another program holds open: another fob, a virus scanner,
 * an indexer.
 */
const HELD = new Set(["EPERM", "EACCES", "EBUSY"]);

/**
 * How long to wait for a file that others hold open, and the pause between two tries, in
 * milliseconds.
 */
const PATIENCE = 3_000;
const PAUSE = 10;

/**
 * Creates a file that must not exist yet, with mode 0600. Returns when its bytes are on the disk.
 * After a failure the file does not exist. Throws the file system's own error.
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

/**
 * Creates a file that must not exist yet, atomically: writes the bytes to `temporary` and links
 * that file to `path`. Returns false when `path` exists already. On a file system without hard
 * links the file is created exclusively, and others can see it half-written. The name is durable
 * after {@link syncFolder}. Throws the file system's own error.
 */
export function publishFile(temporary: string, path: string, bytes: Uint8Array): boolean {
  try {
    writeNewFile(temporary, bytes);
    return linkFile(temporary, path) ?? createExclusively(path, bytes);
  } finally {
    removeQuietly(temporary);
  }
}

/** Whether the file got its second name; null where the file system has no hard links. */
function linkFile(from: string, to: string): boolean | null {
  try {
    // EPERM and EACCES mean here that the file system has no hard links: only EBUSY is tried again
    whenReleased(() => linkSync(from, to), isBusyOnWindows);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (NO_LINKS.has(code)) return null;
    throw error;
  }
}

function createExclusively(path: string, bytes: Uint8Array): boolean {
  try {
    writeNewFile(path, bytes);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Renames a file or folder; an existing file of that name is replaced. Throws the file system's own
 * error.
 */
export function moveTo(from: string, to: string): void {
  whenReleased(() => renameSync(from, to));
}

/**
 * Calls `act`, which replaces, removes or reads a file by its name, and returns its result. On
 * Windows such a call fails while another program holds the file open, and is tried again for three
 * seconds; on other systems the error is final.
 */
export function whenReleased<T>(act: () => T, isHeld = isHeldOnWindows): T {
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      return act();
    } catch (error) {
      if (!isHeld(error) || Date.now() > end) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  }
}

function isHeldOnWindows(error: unknown): boolean {
  return process.platform === "win32" && HELD.has((error as NodeJS.ErrnoException).code ?? "");
}

function isBusyOnWindows(error: unknown): boolean {
  return process.platform === "win32" && (error as NodeJS.ErrnoException).code === "EBUSY";
}

/**
 * Makes the names in a folder durable. Does nothing on Windows, which does this by itself, and on
 * file systems that cannot sync a folder. Throws the file system's own error when the device fails.
 */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  try {
    // a pipe in its place would be waited for
    const handle = openSync(folder, constants.O_DIRECTORY);
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Removes a file; a failure is ignored. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // the file does not exist, or it stays: callers accept both
  }
}
