import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import type { KeyItem } from "#vault/keys/key-store.ts";

const KEY_BYTES = 32;
const MAX_FILE_BYTES = 1_024;

/** The path of the file with a vault's key, or the key of `item`. */
export function keyFilePath(home: string, item: KeyItem | null): string {
  return join(home, item === null ? "key" : `${item}.key`);
}

/**
 * Reads a key file; null when there is none. Throws FobError `invalid` for a file without a key, or
 * one that others can read, because its key protects nothing.
 */
export function readKeyFile(path: string): Secret | null {
  const text = readPrivately(path);
  if (text === null) return null;
  const key = Buffer.from(text.trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new FobError("invalid", t`${path} is not a key file of fob`);
}

function readPrivately(path: string): string | null {
  let file: number | null = null;
  try {
    // without O_NONBLOCK, opening a pipe would block
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = fstatSync(file);
    const { mode, size } = found;
    if (!found.isFile()) throw new FobError("invalid", t`${path} is not a key file of fob`);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) throw readableByOthers(path, mode);
    if (size > MAX_FILE_BYTES) throw new FobError("invalid", t`${path} is not a key file of fob`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw describeFileError(error, "read", path);
  } finally {
    if (file !== null) closeSync(file);
  }
}

function readableByOthers(path: string, mode: number): FobError {
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return new FobError("invalid", t`the key file ${path} can be read by others (mode ${octal})`, {
    hint: `chmod 600 ${path}`,
  });
}
