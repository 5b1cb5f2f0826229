import { execFile } from "node:child_process";

/** A person may have to allow it first, or choose what to show. */
const MAX_MILLISECONDS = 30_000;

/** A program of the desktop and its arguments. */
export type Tool = readonly [command: string, ...args: string[]];

/** What a program prints, at most `limit` bytes; null when it is not installed, fails, or prints nothing. */
export function outputOf([command, ...args]: Tool, limit: number): Promise<Buffer | null> {
  const options = { encoding: "buffer", maxBuffer: limit, timeout: MAX_MILLISECONDS, killSignal: "SIGKILL" } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, output) => resolve(error || output.length === 0 ? null : output));
  });
}

/** A script for Windows PowerShell, which has no quoting on its command line that holds for everything. */
export function powershell(script: string): Tool {
  const encoded = Buffer.from(script, "utf16le").toString("base64");
  return ["powershell.exe", "-NoProfile", "-NonInteractive", "-STA", "-EncodedCommand", encoded];
}
