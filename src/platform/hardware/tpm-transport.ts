import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { Socket } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { malformedReply } from "./tpm-bytes.ts";
import type { TpmPlace } from "./tpm-place.ts";

/** How long one command may take, and how long another process may keep the chip. */
export interface TpmLimits {
  readonly timeoutMs: number;
}

/** A connection to a TPM: one command at a time. */
export interface Transport {
  readonly place: TpmPlace;
  /**
   * Sends a command and returns the whole reply. Throws FobError `unavailable` when none comes in
   * time, or what comes cannot be one.
   */
  exchange(command: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

/** The largest reply that a TPM gives (TPM2_PT_MAX_RESPONSE_SIZE). */
const MAX_REPLY = 4_096;
const HEADER = 10;

/** The pauses between two looks for a reply or a free device, in milliseconds. */
const PAUSES = { first: 0.5, most: 10 } as const;

/** Connects to a TPM. Throws FobError `unavailable` with a hint about what to do. */
export function connect(place: TpmPlace, limits: TpmLimits): Promise<Transport> {
  return place.kind === "socket" ? connectSocket(place, limits) : openDevice(place, limits);
}

/** Collects a reply, whose header says its length. Null until it is whole. */
function wholeReply(pieces: readonly Buffer[]): Buffer | null {
  const bytes = Buffer.concat(pieces);
  if (bytes.length < HEADER) return null;
  const length = bytes.readUInt32BE(2);
  if (length < HEADER || length > MAX_REPLY || bytes.length > length) throw malformedReply();
  return bytes.length === length ? bytes : null;
}

async function connectSocket(place: TpmPlace, { timeoutMs }: TpmLimits): Promise<Transport> {
  const { createConnection } = await import("node:net");
  const socket = await untilReady(timeoutMs, busy, async () => {
    const attempt = createConnection(place.path);
    // each exchange reports the errors and the end of its own time; others find the socket closed
    attempt.on("error", () => undefined);
    const connected = settled<Socket>(attempt, timeoutMs, (resolve) =>
      attempt.once("connect", () => resolve(attempt)),
    );
    return connected.catch(unlessQueueIsFull);
  });
  return {
    place,
    exchange(command) {
      const pieces: Buffer[] = [];
      const receive = (resolve: (reply: Buffer) => void, reject: (error: unknown) => void) => {
        socket.removeAllListeners("data");
        socket.on("data", (piece) => {
          try {
            pieces.push(piece);
            const reply = wholeReply(pieces);
            if (reply) resolve(reply);
          } catch (error) {
            reject(error);
          }
        });
        socket.write(command);
      };
      return settled<Buffer>(socket, timeoutMs, receive);
    },
    close: async () => void socket.destroy(),
  };
}

/** An emulator serves one process after the other, and only few of them may wait at its door. */
function unlessQueueIsFull(error: unknown): null {
  const { cause } = error as FobError;
  if ((cause as NodeJS.ErrnoException | undefined)?.code === "EAGAIN") return null;
  throw error;
}

/** Waits for what `start` resolves, for an error of the socket, its end, or the time limit. */
function settled<T>(
  socket: Socket,
  timeoutMs: number,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => fail(noAnswer(timeoutMs)), timeoutMs);
    const failed = (error: NodeJS.ErrnoException) => fail(unreachable(error));
    const closed = () => fail(hungUp());
    const done = () => {
      clearTimeout(timer);
      socket.off("error", failed).off("close", closed);
    };
    const fail = (error: unknown) => {
      done();
      socket.destroy();
      reject(error);
    };
    socket.on("error", failed).on("close", closed);
    if (socket.destroyed) return closed();
    start((value) => {
      done();
      resolve(value);
    }, fail);
  });
}

/**
 * The device is read without blocking: a thread that waits for a chip that hangs would keep the
 * process from ending.
 */
async function openDevice(place: TpmPlace, { timeoutMs }: TpmLimits): Promise<Transport> {
  const flags = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY;
  const { open } = await import("node:fs/promises");
  const file = await untilReady(timeoutMs, busy, () =>
    unlessBusy(open(place.path, flags), "EBUSY"),
  );
  return {
    place,
    exchange: (command) => exchangeWith(file, command, timeoutMs),
    close: () => file.close(),
  };
}

async function exchangeWith(file: FileHandle, command: Buffer, timeoutMs: number): Promise<Buffer> {
  const { bytesWritten } = await untilReady(timeoutMs, noAnswer, () =>
    unlessBusy(file.write(command), "EBUSY", "EAGAIN"),
  );
  if (bytesWritten !== command.length) throw malformedReply();
  const pieces: Buffer[] = [];
  const buffer = Buffer.alloc(MAX_REPLY + 1);
  return untilReady(timeoutMs, noAnswer, async () => {
    const read = await unlessBusy(file.read(buffer, 0, buffer.length, null), "EAGAIN");
    if (!read || read.bytesRead === 0) return null;
    pieces.push(Buffer.from(buffer.subarray(0, read.bytesRead)));
    return wholeReply(pieces);
  });
}

/** Null when the system says that the device is not ready. */
async function unlessBusy<T>(call: Promise<T>, ...codes: readonly string[]): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw unreachable(error as NodeJS.ErrnoException);
  }
}

async function untilReady<T>(
  timeoutMs: number,
  late: (timeoutMs: number) => FobError,
  attempt: () => Promise<T | null>,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (let pause: number = PAUSES.first; ; pause = Math.min(2 * pause, PAUSES.most)) {
    const found = await attempt();
    if (found !== null) return found;
    if (performance.now() > end) throw late(timeoutMs);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

function noAnswer(timeoutMs: number): FobError {
  return new FobError("unavailable", t`the TPM did not answer within ${timeoutMs / 1000} s`, {
    hint: t("another program may keep it busy: try again; a chip that hangs needs a restart"),
  });
}

function busy(timeoutMs: number): FobError {
  return new FobError(
    "unavailable",
    t`another program has kept the TPM for ${timeoutMs / 1000} s`,
    { hint: t("/dev/tpmrm0 serves several programs at once: set FOB_TPM to it") },
  );
}

function hungUp(): FobError {
  return new FobError("unavailable", t("the TPM closed the connection"), {
    hint: t("is the emulator still running, and is the socket the one for commands?"),
  });
}

/** The error for a device or socket that cannot be opened or used. */
function unreachable(cause: NodeJS.ErrnoException): FobError {
  if (cause.code === "EACCES" || cause.code === "EPERM")
    return new FobError("unavailable", t("you have no right to use the TPM"), {
      cause,
      hint: t(
        "add yourself to the group that owns the device (`sudo usermod -aG tss $USER` on Debian), then log in again; docs/hardware.md has the other systems",
      ),
    });
  if (cause.code === "ENOENT" || cause.code === "ENXIO" || cause.code === "ENODEV")
    return new FobError("unavailable", t("there is no TPM at the place that FOB_TPM names"), {
      cause,
      hint: t("the path of a device such as /dev/tpmrm0, or swtpm:SOCKET"),
    });
  return new FobError("unavailable", t`the TPM cannot be reached (${cause.code ?? "?"})`, {
    cause,
    hint: t("`fob doctor` says what it finds"),
  });
}
