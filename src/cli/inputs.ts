import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { publishFile, removeQuietly, syncFolder } from "#base/durable-file.ts";
import { describeDoneInDoubt, describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { decodeText } from "#token/text-encoding.ts";
import type { SecretFile } from "./context.ts";
import { endedBySignals } from "./signals.ts";

/** Room for fifty thousand enrollment strings. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;

/** How much is read at once, in bytes. */
const PIECE = 64 * 1024;

/** How often a pipe is looked at that has nothing yet, in milliseconds. */
const PAUSE = 10;

/**
 * All of standard input as text. Throws FobError `invalid` when it is too large to be a list of
 * enrollment strings.
 */
export async function readStandardInput(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_INPUT_BYTES) throw tooLarge(t("standard input"), MAX_INPUT_BYTES);
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks), t("standard input"));
}

/**
 * The bytes of a file that somebody else made. A signal ends the process however long the system
 * takes to give them. Throws FobError `invalid` when it is larger than `limit` or no file.
 */
export async function readForeignFile(path: string, limit: number): Promise<Buffer> {
  try {
    return readInputFile(path, limit);
  } catch (error) {
    throw missing((error as FobError).cause, path) ?? error;
  }
}

/**
 * The bytes of a file, or of what a shell hands over in place of one: `/dev/stdin`, `/dev/fd/63` or
 * `<(command)`. Throws FobError `invalid` for what is larger than `limit`, for a folder, a device,
 * a socket, and for a named pipe, which would be waited for without end if nobody writes to it.
 */
export function readInputFile(path: string, limit: number): Buffer {
  const handedOver = descriptorOf(path);
  if (handedOver !== null) return readDescriptor(handedOver, path, limit);
  try {
    return endedBySignals(() => readRegularFile(path, limit));
  } catch (error) {
    throw error instanceof FobError ? error : describeForeignFileError(error, "read", path);
  }
}

/**
 * The bytes of an open descriptor, which `name` names; a pipe is read to its end. Throws FobError
 * `invalid` when they are more than `limit`.
 */
export function readDescriptor(descriptor: number, name: string, limit: number): Buffer {
  try {
    refuseUnreadable(fstatSync(descriptor), name, true);
    return endedBySignals(() => readBounded(descriptor, name, limit));
  } catch (error) {
    throw describeForeignFileError(error, "read", name);
  }
}

/**
 * Whether there is a file of this name, or something that a shell hands over in place of one. A
 * text that cannot be a name names none.
 */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return descriptorOf(path) !== null || (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function readRegularFile(path: string, limit: number): Buffer {
  refuseUnreadable(statSync(path), path, false);
  // it may have become a pipe by now, and opening one waits for a writer
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(file);
    refuseUnreadable(found, path, false);
    if (found.size > limit) throw tooLarge(path, limit);
    return readBounded(file, path, limit, () => {
      throw new FobError(
        "invalid",
        t`${path} is not a file that ends: it has nothing to read now, and may have later`,
      );
    });
  } finally {
    closeSync(file);
  }
}

/**
 * The descriptor that a path stands for, or null. Opened by its path, a socket in its place could
 * not be read.
 */
function descriptorOf(path: string): number | null {
  if (path === "/dev/stdin") return 0;
  const [, number] = /^\/(?:dev|proc\/self)\/fd\/([0-9]{1,6})$/.exec(path) ?? [];
  return number === undefined ? null : Number(number);
}

function refuseUnreadable(found: Stats, name: string, isHandedOver: boolean): void {
  if (
    found.isFile() ||
    (isHandedOver && (found.isFIFO() || found.isSocket() || found.isCharacterDevice()))
  )
    return;
  const what = found.isDirectory()
    ? t`${name} is not a file, but a folder`
    : found.isFIFO()
      ? t`${name} is not a file, but a named pipe`
      : t`${name} is not a file`;
  throw new FobError(
    "invalid",
    what,
    found.isFIFO() ? { hint: t("/dev/stdin reads it: < PIPE") } : {},
  );
}

/** Where nothing can be read yet, `wait` decides what becomes of it. */
function readBounded(
  descriptor: number,
  name: string,
  limit: number,
  wait: () => void = pause,
): Buffer {
  const pieces: Buffer[] = [];
  for (let size = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE);
    const length = readPiece(descriptor, piece, wait);
    if (length === 0) return Buffer.concat(pieces);
    size += length;
    if (size > limit) throw tooLarge(name, limit);
    pieces.push(piece.subarray(0, length));
  }
}

function readPiece(descriptor: number, piece: Buffer, wait: () => void): number {
  for (;;) {
    try {
      return readSync(descriptor, piece);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      wait();
    }
  }
}

/** Waits for a pipe that is set not to wait, as that of another program may be. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

function tooLarge(name: string, limit: number): FobError {
  const size = limit < 2 ** 20 ? `${limit / 2 ** 10} KiB` : `${Math.floor(limit / 2 ** 20)} MiB`;
  return new FobError("invalid", t`${name} is larger than ${size}`);
}

function missing(error: unknown, path: string): FobError | null {
  return (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT"
    ? new FobError("invalid", t`${path} does not exist`)
    : null;
}

/**
 * Writes a new file with mode 0600, whole or not at all. Throws FobError `usage` when there is one
 * already: what it held could be all there is.
 */
export async function writeSecretFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const temporary = join(
      dirname(path),
      `.${basename(path)}.new-${randomBytes(8).toString("hex")}`,
    );
    if (!publishFile(temporary, path, bytes)) throw existing(path);
  } catch (error) {
    throw describeNewFileError(error, path);
  }
  try {
    syncFolder(dirname(path));
  } catch (error) {
    throw describeDoneInDoubt(error, path);
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
    if (error instanceof FobError && error.isDone) written.push(files[written.length]?.path ?? "");
    for (const path of written) removeQuietly(path);
    throw error;
  }
}

/** A new file that could not be made, as FobError: `usage` when there is one of its name. */
export function describeNewFileError(error: unknown, path: string): FobError {
  return (error as NodeJS.ErrnoException).code === "EEXIST"
    ? existing(path)
    : describeForeignFileError(error, "write", path);
}

function existing(path: string): FobError {
  return new FobError("usage", t`${path} exists already`, {
    hint: t("remove it first, or choose another name"),
  });
}
