import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { FOB } from "./fob.ts";

const DRIVER = fileURLToPath(new URL("terminal-person.py", import.meta.url));

/** What a person or another program does at a terminal; see terminal-person.py. */
export type Step = readonly [
  does: "see" | "type" | "signal" | "set" | "modes" | "as before" | "close" | "end",
  text: string,
];

/** What became of the program and its terminal. */
export interface Visit {
  /** For a signal that ended the program, its negative number. */
  readonly exitCode: number;
  readonly before: string;
  readonly during: readonly string[];
  /** Undefined when the terminal was closed. */
  readonly after?: string;
  readonly shown: string;
}

/** Runs a command line of fob at a pseudo-terminal that takes these steps. */
export async function atTerminal(
  home: string,
  args: readonly string[],
  steps: readonly Step[],
  program: readonly string[] = [process.execPath, FOB],
): Promise<Visit> {
  const { stdout } = await promisify(execFile)(
    "python3",
    [DRIVER, JSON.stringify(steps), ...program, ...args],
    {
      cwd: home,
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
        TERM: "xterm",
        LANG: "C.UTF-8",
      },
    },
  );
  return JSON.parse(stdout);
}
