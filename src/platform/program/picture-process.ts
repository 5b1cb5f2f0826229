import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { decodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PictureAnswer } from "#enrollment/picture/picture-answer.ts";

/**
 * What decoding one picture may take; hostile files are made to take more. Where the system tells,
 * the time is the processor's, so that a busy machine reads what a quiet one does.
 */
const MAX_SECONDS = 5;
const MAX_MEBIBYTES = 256;

/** On the busiest machine it is over after this time, in milliseconds. */
const MAX_WAIT = 30_000;

/** How often the process is looked at, in milliseconds. */
const WATCH_INTERVAL = 20;

/**
 * Reads the QR codes of a picture in a process of its own (`script` is the built program), which is
 * ended when it takes more than five seconds or 256 MiB. Rejects with the FobError of that process,
 * or with `invalid` saying what it took too much of.
 */
export async function readQrCodesApart(
  script: string,
  bytes: Buffer,
  source: string,
): Promise<string[]> {
  const heap = `--max-old-space-size=${MAX_MEBIBYTES / 2}`;
  const child = spawn(process.execPath, [heap, script, source], {
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
  const excess = watch(child);
  child.stdin.once("error", () => undefined);
  child.stdin.end(bytes);
  const ending = Promise.all([buffer(child.stdout), ended(child)]);
  // a process that cannot be started has nothing to watch, too
  const [output, status] = await ending.finally(excess.stop);
  const { reason } = excess;
  if (reason) throw new FobError("invalid", t`${source} takes more than ${reason} to decode`);
  if (status !== 0) throw broken(source);
  const answer: PictureAnswer = JSON.parse(output.toString("utf8"));
  if ("texts" in answer) return [...answer.texts];
  throw decodeError(answer.refusal) ?? broken(source);
}

function broken(source: string): FobError {
  return new FobError("invalid", t`${source} cannot be decoded: the decoder broke on it`);
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", () =>
      reject(new FobError("unavailable", t("the program that decodes pictures cannot be started"))),
    );
    child.once("close", resolve);
  });
}

/** Ends the process when it takes too much. */
function watch(child: ChildProcess): { stop(): void; readonly reason: string | null } {
  let excess: string | null = null;
  const end = (reason: string) => {
    excess ??= reason;
    child.kill("SIGKILL");
  };
  const canTell = process.platform === "linux";
  const wait = canTell ? MAX_WAIT : MAX_SECONDS * 1_000;
  const timer = setTimeout(() => end(`${wait / 1_000} s`), wait);
  const looks = setInterval(
    async () => {
      const { mebibytes, seconds } = await consumedBy(child.pid);
      if (mebibytes > MAX_MEBIBYTES) end(t`${MAX_MEBIBYTES} MiB of memory`);
      if (seconds > MAX_SECONDS) end(`${MAX_SECONDS} s`);
    },
    canTell ? WATCH_INTERVAL : MAX_WAIT,
  );
  return {
    stop() {
      clearTimeout(timer);
      clearInterval(looks);
    },
    get reason() {
      return excess;
    },
  };
}

/** Linux counts processor time in hundredths of a second, whatever its own clock does. */
const TICKS = 100;

/**
 * The memory that a process holds and the processor time that it has used, on Linux; elsewhere the
 * limits on files and pixels must do.
 */
async function consumedBy(
  pid: number | undefined,
): Promise<{ readonly mebibytes: number; readonly seconds: number }> {
  try {
    const [status, stat] = await Promise.all(
      ["status", "stat"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8")),
    );
    const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status ?? "")?.[1] ?? 0);
    // proc(5): utime and stime are the 14th and 15th field; the second is a name in brackets
    const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { mebibytes: resident / 1_024, seconds: ticks / TICKS };
  } catch {
    // it has ended
    return { mebibytes: 0, seconds: 0 };
  }
}
