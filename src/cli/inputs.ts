import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { publishFile, removeQuietly, syncFolder } from "#base/durable-file.ts";
import { describeDoneInDoubt, describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { openRegular } from "#base/open-regular.ts";
import { decodeText } from "#token/text-encoding.ts";
import type { SecretFile } from "./context.ts";
import { endedBySignals } from "./signals.ts";

/** Enough for fifty thousand enrollment strings. */
const MAX_INPUT_BYTES = 8 * 1024 * 1024;

/** The size of a read, in bytes. */
const PIECE = 64 * 1024;

/** The pause between two reads of a pipe without data, in milliseconds. */
const PAUSE = 10;

/**
 * All of standard input as text. Throws FobError `invalid` when it is too large for a list of
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
 * The bytes of a foreign file. A signal ends the process even while a read blocks. Throws FobError
 * `invalid` when the file is larger than `limit`, does not exist, or is not a file.
 */
export async function readForeignFile(path: string, limit: number): Promise<Buffer> {
  try {
    return readInputFile(path, limit);
  } catch (error) {
    throw missing((error as FobError).cause, path) ?? error;
  }
}

/**
 * The bytes of a file, or of a descriptor that a shell passes as a path: `/dev/stdin`, `/dev/fd/63`
 * or `<(command)`. Throws FobError `invalid` for more than `limit` bytes, a folder, a device, a
 * socket, and a named pipe, because opening it would block until another process writes to it.
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
 * {@link readInputFile} for a source that may be a named pipe: then this waits for what another
 * process writes to it. A signal ends the process meanwhile.
 */
export function readFileOrPipe(path: string, limit: number): Buffer {
  if (!isNamedPipe(path)) return readInputFile(path, limit);
  let pipe: number;
  try {
    pipe = endedBySignals(() => openSync(path, "r"));
  } catch (error) {
    throw describeForeignFileError(error, "read", path);
  }
  try {
    return readDescriptor(pipe, path, limit);
  } finally {
    closeSync(pipe);
  }
}

function isNamedPipe(path: string): boolean {
  try {
    return descriptorOf(path) === null && statSync(path).isFIFO();
  } catch {
    // reading it says what is wrong
    return false;
  }
}

/**
 * The bytes of an open descriptor; a pipe is read to its end. `name` is for messages. Throws
 * FobError `invalid` for more than `limit` bytes.
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
 * Whether the path is a file, or a descriptor that a shell passes as a path. False for a text that
 * cannot be a path.
 */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return descriptorOf(path) !== null || statSync(path).isFile();
  } catch {
    return false;
  }
}

function readRegularFile(path: string, limit: number): Buffer {
  refuseUnreadable(statSync(path), path, false);
  const opened = openRegular(path);
  // it was one before
  if (!opened) throw new FobError("invalid", t`${path} is not a file`);
  try {
    if (opened.stats.size > limit) throw tooLarge(path, limit);
    return readBounded(opened.file, path, limit, () => {
      throw new FobError(
        "invalid",
        t`${path} is not a file that ends: it has nothing to read now, and may have later`,
      );
    });
  } finally {
    closeSync(opened.file);
  }
}

/**
 * The descriptor that a path means, or null. The path itself is not opened, because that fails when
 * the descriptor is a socket.
 */
export function descriptorOf(path: string): number | null {
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

/** Reads to the end. `wait` is called when no data is available yet. */
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

/** Waits for a non-blocking pipe, such as one that another program has configured. */
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
 * Writes a new file with mode 0600, atomically. Throws FobError `usage` when the file exists,
 * because its content may be the only copy.
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

/** Writes several new files: all of them, or none. */
export async function writeSecretFiles(files: readonly SecretFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, bytes } of files) {
      await writeSecretFile(path, bytes);
      written.push(path);
    }
  } catch (error) {
    // a person who sees a failure does not expect files with secrets to remain
    if (error instanceof FobError && error.isDone) written.push(files[written.length]?.path ?? "");
    for (const path of written) removeQuietly(path);
    throw error;
  }
}

/** Describes a failure to create a file as FobError: `usage` when the file exists. */
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
