import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { decodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PictureAnswer } from "#enrollment/picture/picture-answer.ts";

/**
 * The limits for decoding one picture, against hostile files. On Linux the time is processor time,
 * so that the limit does not depend on the load of the machine.
 */
const MAX_SECONDS = 5;
const MAX_MEBIBYTES = 256;

/** How long the process may take on the busiest machine, waiting included, in milliseconds. */
const MAX_WAIT = 30_000;

/** How often the process is checked, in milliseconds. */
const WATCH_INTERVAL = 20;

/**
 * Reads the QR codes of a picture in a separate process (`script` is the built program), which is
 * killed when it takes more than five seconds or 256 MiB. On Linux these are five seconds of
 * processor time, and 30 seconds with the time that it waits; elsewhere only the time is watched.
 * Rejects with the FobError of that process, or with `invalid` naming the exceeded limit.
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
  const end = ended(child);
  // where the system has no room for its pipes, there are none; `end` says that it did not start
  if (child.pid === undefined) await end;
  const excess = watch(child);
  child.stdin.once("error", () => undefined);
  child.stdin.end(bytes);
  const ending = Promise.all([buffer(child.stdout), end]);
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

/** Kills the process when it exceeds a limit. */
function watch(child: ChildProcess): { stop(): void; readonly reason: string | null } {
  let excess: string | null = null;
  const end = (reason: string) => {
    excess ??= reason;
    child.kill("SIGKILL");
  };
  const canTell = process.platform === "linux";
  const wait = canTell ? MAX_WAIT : MAX_SECONDS * 1_000;
  const timer = setTimeout(() => end(`${wait / 1_000} s`), wait);
  const look = async () => {
    const { mebibytes, seconds } = await consumedBy(child.pid);
    if (mebibytes > MAX_MEBIBYTES) end(t`${MAX_MEBIBYTES} MiB of memory`);
    if (seconds > MAX_SECONDS) end(`${MAX_SECONDS} s`);
  };
  const looks = canTell ? setInterval(look, WATCH_INTERVAL) : undefined;
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

/** Linux reports processor time in hundredths of a second (USER_HZ). */
const TICKS = 100;

/** The memory in use and the processor time of a process, on Linux. */
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
    // the process has ended
    return { mebibytes: 0, seconds: 0 };
  }
}
