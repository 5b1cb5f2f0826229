import { execFile, spawn } from "node:child_process";

/** The time limit for a program: a person may have to allow it, or to choose what to show. */
const MAX_MILLISECONDS = 30_000;

/** A program of the desktop and its arguments. */
export type Tool = readonly [command: string, ...args: string[]];

/**
 * The output of a program, at most `limit` bytes; null when it is not installed, fails, or prints
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

/** The maximum output of a script, which prints one word, in characters. */
const MAX_WORD = 1_024;

/**
 * The trimmed output of a script that gets `input` on its standard input. Null when its program is
 * not installed or fails, or the signal aborts.
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

/** The command for a JavaScript of osascript (macOS). */
export function osascript(script: string): Tool {
  return ["osascript", "-l", "JavaScript", "-e", script];
}

/** The full path on Windows, which otherwise searches the current folder first. */
function powershellPath(): string {
  if (process.platform !== "win32") return "powershell.exe";
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  return `${root}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
}

/**
 * The command for a script of Windows PowerShell. The script is encoded, because no quoting is
 * reliable on its command line.
 */
export function powershell(script: string): Tool {
  const encoded = Buffer.from(script, "utf16le").toString("base64");
  return [powershellPath(), "-NoProfile", "-NonInteractive", "-STA", "-EncodedCommand", encoded];
}
