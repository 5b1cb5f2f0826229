import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";

/** An open file, to be closed by its user, and its state when it was opened. */
export interface OpenFile {
  readonly file: number;
  readonly stats: Stats;
}

/**
 * Opens a file, with mode 0600 if that creates it. Null for anything else: opening a pipe would
 * wait for its other end. Throws the file system's own error.
 */
export function openRegular(path: string, flags: number = constants.O_RDONLY): OpenFile | null {
  const file = openAtOnce(path, flags);
  if (file === null) return null;
  const stats = fstatSync(file);
  if (stats.isFile()) return { file, stats };
  closeSync(file);
  return null;
}

function openAtOnce(path: string, flags: number): number | null {
  try {
    // Windows has no such flag
    return openSync(path, flags | (constants.O_NONBLOCK ?? 0), 0o600);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // a pipe without a reader or a socket, a socket on macOS, and a folder to be written
    if (["ENXIO", "EOPNOTSUPP", "EISDIR"].includes(code)) return null;
    throw error;
  }
}
