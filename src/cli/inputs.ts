import { readFile, stat } from "node:fs/promises";
import { removeQuietly, writeNewFile } from "../durable-file.ts";
import { describeForeignFileError } from "../file-error.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { SecretFile } from "./context.ts";

/** Room for fifty thousand enrollment strings. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;

/** All of standard input as text. Throws FobError `invalid` when it is too large to be a list of enrollment strings. */
export async function readStandardInput(stream: AsyncIterable<Buffer> = process.stdin): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_INPUT_BYTES)
      throw new FobError("invalid", t`standard input is larger than ${MAX_INPUT_BYTES / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The bytes of a file that somebody else made. Throws FobError `invalid` when it is larger than `limit` or no file. */
export async function readForeignFile(path: string, limit: number): Promise<Buffer> {
  try {
    const { size } = await regularFile(path);
    if (size > limit) throw new FobError("invalid", t`${path} is larger than ${Math.floor(limit / 2 ** 20)} MiB`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof FobError) throw error;
    throw missing(error, path) ?? describeForeignFileError(error, "read", path);
  }
}

/** Whether there is a file of this name. A text that cannot be a name names none. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function regularFile(path: string) {
  const found = await stat(path);
  if (!found.isFile()) throw new FobError("invalid", t`${path} is not a file`);
  return found;
}

function missing(error: unknown, path: string): FobError | null {
  return (error as NodeJS.ErrnoException).code === "ENOENT" ? new FobError("invalid", t`${path} does not exist`) : null;
}

/** Writes a new file with mode 0600. Throws FobError `usage` when there is one already: what it held could be all there is. */
export async function writeSecretFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    writeNewFile(path, bytes);
  } catch (error) {
    throw describeNewFileError(error, path);
  }
}

/** The same for several files: all of them are written, or none. */
export async function writeSecretFiles(files: readonly SecretFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, bytes } of files) {
      await writeSecretFile(path, bytes);
      written.push(path);
    }
  } catch (error) {
    // whoever is told of a failure does not look for secrets that lie about
    for (const path of written) removeQuietly(path);
    throw error;
  }
}

/** A new file that could not be made, as FobError: `usage` when there is one of its name. */
export function describeNewFileError(error: unknown, path: string): FobError {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") return describeForeignFileError(error, "write", path);
  return new FobError("usage", t`${path} exists already`, { hint: t("remove it first, or choose another name") });
}
