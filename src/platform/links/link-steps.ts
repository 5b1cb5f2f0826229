import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { moveTo, removeQuietly, syncFolder, writeNewFile } from "#base/durable-file.ts";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import type { LinkPlan, LinkStep } from "#cli/links.ts";
import type { Tool } from "#platform/program/tool.ts";

/** The time limit for a program of the system, in milliseconds. */
const MAX_MILLISECONDS = 30_000;

/** The maximum output that is read of a program, in characters. */
const MAX_OUTPUT = 256 * 1024;

/** A step of a registration. */
export type Step =
  | {
      readonly action: "write";
      readonly path: string;
      readonly bytes: Uint8Array;
      /** What a person reads of it. */
      readonly shown: string;
    }
  | { readonly action: "remove"; readonly path: string }
  | {
      readonly action: "run";
      readonly tool: Tool;
      /** Whether the rest is good without it. */
      readonly isOptional?: true;
    };

/** Writes a text file. */
export function writing(path: string, text: string, shown = text): Step {
  return { action: "write", path, bytes: Buffer.from(text), shown };
}

/** These steps as a plan: each is done after the one before it. */
export function planOf(steps: readonly Step[], env: NodeJS.ProcessEnv): LinkPlan {
  return {
    steps: steps.map(describe),
    async carryOut() {
      for (const step of steps) await take(step, env);
    },
  };
}

function describe(step: Step): LinkStep {
  if (step.action === "write") return { action: "write", target: step.path, content: step.shown };
  if (step.action === "remove") return { action: "remove", target: step.path, content: null };
  return { action: "run", target: step.tool.map(shellWord).join(" "), content: null };
}

async function take(step: Step, env: NodeJS.ProcessEnv): Promise<void> {
  if (step.action === "run") {
    const { exitCode } = await runTool(step.tool, env);
    if (exitCode === 0 || step.isOptional) return;
    throw new FobError("unavailable", t`${step.tool[0]} failed, and the links are not registered`);
  }
  try {
    if (step.action === "write") replace(step.path, step.bytes);
    else rmSync(step.path, { recursive: true, force: true });
  } catch (error) {
    throw describeForeignFileError(error, step.action === "write" ? "write" : "remove", step.path);
  }
}

/** Replaces a file, or the one that a symbolic link leads to, atomically. */
function replace(given: string, bytes: Uint8Array): void {
  mkdirSync(dirname(given), { recursive: true });
  const path = targetOf(given);
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  writeNewFile(temporary, bytes);
  try {
    chmodSync(temporary, 0o644);
    moveTo(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  syncFolder(dirname(path));
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // there is no file yet
    return path;
  }
}

/** How a program ended, and what it printed; the exit code is null where it could not be run. */
export interface ToolOutcome {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Runs a program of the system with this environment, and ends it after its time. */
export function runTool([command, ...args]: Tool, env: NodeJS.ProcessEnv): Promise<ToolOutcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env,
      stdio: ["ignore", "pipe", "ignore"],
      timeout: MAX_MILLISECONDS,
      killSignal: "SIGKILL",
      windowsHide: true,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(0, MAX_OUTPUT);
    });
    child.once("error", () => resolve({ exitCode: null, output: "" }));
    child.once("close", (exitCode) => resolve({ exitCode, output }));
  });
}
