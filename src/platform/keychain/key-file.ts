import { closeSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type OpenFile, openRegular } from "#base/open-regular.ts";
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
  let opened: OpenFile | null = null;
  try {
    opened = openRegular(path);
    if (!opened) throw new FobError("invalid", t`${path} is not a key file of fob`);
    const { mode, size } = opened.stats;
    if (process.platform !== "win32" && (mode & 0o077) !== 0) throw readableByOthers(path, mode);
    if (size > MAX_FILE_BYTES) throw new FobError("invalid", t`${path} is not a key file of fob`);
    return readFileSync(opened.file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw describeFileError(error, "read", path);
  } finally {
    if (opened) closeSync(opened.file);
  }
}

function readableByOthers(path: string, mode: number): FobError {
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  return new FobError("invalid", t`the key file ${path} can be read by others (mode ${octal})`, {
    hint: `chmod 600 ${path}`,
  });
}
