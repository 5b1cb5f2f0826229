import { spawn } from "node:child_process";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskProgram, ProgramAnswer } from "#cli/context.ts";

/** The maximum length of a program's output, in characters; the rest is ignored. */
const MAX_OUTPUT = 1_024;

/** Runs a program of the user; its standard error is ours. */
export const askProgram: AskProgram = (path, { input, signal }) =>
  new Promise<ProgramAnswer>((resolve, reject) => {
    const child = spawn(path, [], {
      stdio: ["pipe", "pipe", "inherit"],
      signal,
      killSignal: "SIGKILL",
      windowsHide: true,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MAX_OUTPUT);
    });
    // it may end without reading its input
    child.stdin.once("error", () => undefined);
    child.stdin.end(input);
    child.once("error", (error) => {
      if (error.name === "AbortError") resolve({ exitCode: null, line: "" });
      else
        reject(
          new FobError("unavailable", t`${path} cannot be run: ${error.message}`, { cause: error }),
        );
    });
    child.once("close", (exitCode) =>
      resolve({ exitCode, line: output.split(/\r?\n/)[0]?.trim() ?? "" }),
    );
  });
