import { execFile, spawn } from "node:child_process";

/** A person may have to allow it first, or choose what to show. */
const MAX_MILLISECONDS = 30_000;

/** A program of the desktop and its arguments. */
export type Tool = readonly [command: string, ...args: string[]];

/**
 * What a program prints, at most `limit` bytes; null when it is not installed, fails, or prints
 * nothing.
 */
export function outputOf([command, ...args]: Tool, limit: number): Promise<Buffer | null> {
  const options = {
    encoding: "buffer",
    maxBuffer: limit,
    timeout: MAX_MILLISECONDS,
    killSignal: "SIGKILL",
    windowsHide: true,
  } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, output) =>
      resolve(error || output.length === 0 ? null : output),
    );
  });
}

/** What a script of ours may say, in characters: it says one word. */
const MAX_WORD = 1_024;

/**
 * What a script of ours says, without the space around it, when it has been given `input`. Null
 * when its program is not installed or fails, or the signal ended it.
 */
export function wordOf(
  [command, ...args]: Tool,
  signal: AbortSignal,
  input = "",
): Promise<string | null> {
  return new Promise((resolve) => {
    const end = { signal, killSignal: "SIGKILL" } as const;
    const child = spawn(command, args, {
      ...end,
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MAX_WORD);
    });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code === 0 ? output.trim() : null));
    // a program that does not read its input has failed, or does not need it
    child.stdin.once("error", () => undefined).end(input);
  });
}

/** A script for the script runner of macOS, in JavaScript. */
export function osascript(script: string): Tool {
  return ["osascript", "-l", "JavaScript", "-e", script];
}

/** By its whole path on Windows, which else would look for it in the current folder first. */
function powershellPath(): string {
  if (process.platform !== "win32") return "powershell.exe";
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  return `${root}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
}

/**
 * A script for Windows PowerShell, which has no quoting on its command line that holds for
 * everything.
 */
export function powershell(script: string): Tool {
  const encoded = Buffer.from(script, "utf16le").toString("base64");
  return [powershellPath(), "-NoProfile", "-NonInteractive", "-STA", "-EncodedCommand", encoded];
}
