import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { decodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PictureAnswer } from "#enrollment/picture/picture-answer.ts";

/** What decoding one picture may take; hostile files are made to take more. */
const MAX_MILLISECONDS = 5_000;
const MAX_MEBIBYTES = 256;

/** How often the memory of the process is looked at, in milliseconds. */
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
  const timer = setTimeout(() => end(`${MAX_MILLISECONDS / 1000} s`), MAX_MILLISECONDS);
  const memory = setInterval(async () => {
    if ((await residentMebibytes(child.pid)) > MAX_MEBIBYTES)
      end(t`${MAX_MEBIBYTES} MiB of memory`);
  }, WATCH_INTERVAL);
  return {
    stop() {
      clearTimeout(timer);
      clearInterval(memory);
    },
    get reason() {
      return excess;
    },
  };
}

/**
 * The memory that a process holds, where the system tells; elsewhere the limits on files and pixels
 * must do.
 */
async function residentMebibytes(pid: number | undefined): Promise<number> {
  if (process.platform !== "linux" || pid === undefined) return 0;
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // it has ended
    return 0;
  }
}
