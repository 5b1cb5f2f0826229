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

/**
 * Error codes with which file systems say that they have no hard links. Windows says EISDIR of FAT.
 */
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

/**
 * Error codes with which file systems say that a folder cannot be synced. Then there is nothing
 * more that a program can do.
 */
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
 * What Windows says of a file that another program holds open: a reader of ours, a virus scanner,
 * an indexer.
 */
const HELD = new Set(["EPERM", "EACCES", "EBUSY"]);

/** How long a file is waited for that others hold, and how often it is tried, in milliseconds. */
const PATIENCE = 3_000;
const PAUSE = 10;

/**
 * Creates a file that must not exist yet, with mode 0600, and returns when its bytes are on the
 * disk. On any failure there is no such file. Throws the file system's own error.
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
 * Creates a file that must not exist yet, whole or not at all: the bytes go to `temporary`, which
 * gets the name `path` by a hard link. Returns false when there is a file of that name already.
 * Where the file system has no hard links, the file is created exclusively, and others can see it
 * half-written. The name is durable after {@link syncFolder}. Throws the file system's own error.
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
    // EPERM and EACCES mean here that there are no links
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
 * Moves a file or folder to a name, which it takes from another one. Throws the file system's own
 * error.
 */
export function moveTo(from: string, to: string): void {
  whenReleased(() => renameSync(from, to));
}

/**
 * What `act` returns, which replaces, removes or reads a file by its name. On Windows that fails as
 * long as somebody holds the file open, and is tried again for three seconds; elsewhere such an
 * error means what it says.
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
 * Makes the names in a folder durable, where a program can do so: Windows does it by itself, and
 * some file systems know no such thing, which is no failure. Throws the file system's own error for
 * a device that fails.
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

/** Removes a file whose staying would do no harm. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // gone already, or it stays: both are fine by the caller
  }
}
