import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { whenEnding } from "#base/ending.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskProgram, ProgramAnswer } from "#cli/context.ts";
import { killRun, newRunMark } from "./process-tree.ts";

/** The maximum length of a program's output, in characters; the rest is ignored. */
const MAX_OUTPUT = 1_024;

/**
 * For how long, in milliseconds, output is read after the program has ended: a child that it left
 * running may hold its output open.
 */
const MAX_READING = 1_000;

/**
 * Runs a program of the user in a process group of its own; its standard error is ours, unless
 * `remark` takes its lines. When the
 * signal aborts, or this process is asked to end, it is killed with the programs that it started.
 */
export const askProgram: AskProgram = (path, { input, signal, remark = null }) =>
  new Promise<ProgramAnswer>((resolve, reject) => {
    if (signal.aborted) {
      resolve({ exitCode: null, line: "" });
      return;
    }
    const mark = newRunMark();
    const child = spawn(path, [], {
      env: { ...process.env, ...mark },
      stdio: ["pipe", "pipe", remark ? "pipe" : "inherit"],
      detached: process.platform !== "win32",
      windowsHide: true,
    }) as ChildProcessByStdio<Writable, Readable, Readable | null>;
    const kill = () => killRun({ pid: child.pid, mark });
    const left = whenEnding(kill);
    signal.addEventListener("abort", kill, { once: true });
    let reading: NodeJS.Timeout | undefined;
    const leave = () => {
      clearTimeout(reading);
      left();
      signal.removeEventListener("abort", kill);
    };
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MAX_OUTPUT);
    });
    if (remark && child.stderr) eachLine(child.stderr, remark);
    // it may end without reading its input
    child.stdin.once("error", () => undefined);
    child.stdin.end(input);
    child.once("error", (error) => {
      leave();
      reject(
        new FobError("unavailable", t`${path} cannot be run: ${error.message}`, { cause: error }),
      );
    });
    child.once("exit", () => {
      reading = setTimeout(() => {
        child.stdout.destroy();
        child.stderr?.destroy();
      }, MAX_READING);
    });
    child.once("close", (exitCode) => {
      leave();
      const line = output.split(/\r?\n/)[0]?.trim() ?? "";
      resolve({ exitCode: signal.aborted ? null : exitCode, line });
    });
  });

/** Calls `take` with each line that is not empty, and with no more of it than is read of output. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n").map((line) => line.slice(0, MAX_OUTPUT));
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") take(line.trim());
  });
  stream.once("close", () => {
    if (rest.trim() !== "") take(rest.trim());
  });
}
