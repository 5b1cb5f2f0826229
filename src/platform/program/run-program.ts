import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { ChildProgram } from "#cli/context.ts";
import { removeListeners } from "#cli/signals.ts";
import { isProgram, placesOf } from "./find-program.ts";

/** The signals that are passed on to the child. */
const SIGNALS = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/**
 * The terminal sends these signals to its whole foreground process group, so the child gets them
 * anyway.
 */
const FROM_KEYS: readonly string[] = ["SIGINT", "SIGQUIT"];

/** The environment and streams that a program inherits. */
export interface ProgramHost {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
}

/**
 * Runs a program with the same terminal and streams, without a shell, and passes signals on.
 * Returns its exit code, or 128 plus the number of the signal that ended it. Throws FobError with
 * exit code 127 for a program that does not exist, 126 for one that cannot be run, as shells do.
 */
export async function runProgram(
  { command, args, env, input }: ChildProgram,
  host: ProgramHost,
): Promise<number> {
  const isAtTerminal = [host.stdin, host.stdout, host.stderr].some(({ isTTY }) => isTTY);
  let child: ChildProcess | null = null;
  const letGo = takeSignals((signal) => {
    if (!isAtTerminal || !FROM_KEYS.includes(signal)) child?.kill(signal);
  });
  try {
    const stdio = [input === null ? "inherit" : "pipe", "inherit", "inherit"] as const;
    child = spawn(command, args, { env: { ...host.env, ...env }, stdio: [...stdio] });
    // the program may not read its input
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    return await ending(child);
  } catch (error) {
    throw describeStart(error, command);
  } finally {
    letGo();
  }
}

/**
 * Throws the error of {@link runProgram} if the program certainly does not exist, before a passcode
 * is made for it. Does nothing on Windows, where the system completes names.
 */
export function checkProgram(command: string, env: NodeJS.ProcessEnv): void {
  if (process.platform === "win32" || (!env["PATH"] && !command.includes("/"))) return;
  const found = placesOf(command, env).filter((path) => existsSync(path));
  if (found.some(isProgram)) return;
  const code = found.length > 0 ? "EACCES" : "ENOENT";
  throw describeStart(Object.assign(new Error(code), { code }), command);
}

/** Replaces the listeners of signals by `handle`. Returns a function that restores them. */
function takeSignals(handle: (signal: NodeJS.Signals) => void): () => void {
  const restoring = SIGNALS.map(removeListeners);
  for (const signal of SIGNALS) process.on(signal, handle);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handle);
    for (const restore of restoring) restore();
  };
}

function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** A hint for Windows, where many programs are scripts that only cmd can start. */
function hintOfScripts() {
  return process.platform === "win32"
    ? { hint: t("a .cmd or .bat file is started by cmd: -- cmd /c NAME") }
    : {};
}

function describeStart(error: unknown, command: string): FobError {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = JSON.stringify(command);
  if (code === "ENOENT") {
    return new FobError("usage", t`there is no program ${name}`, {
      exitCode: 127,
      cause: error,
      ...hintOfScripts(),
    });
  }
  return new FobError(
    "usage",
    t`cannot run ${name}: ${code === "EACCES" ? t("permission denied") : message}`,
    {
      exitCode: 126,
      cause: error,
    },
  );
}
