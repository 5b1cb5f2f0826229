import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, realpathSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { moveTo, removeQuietly, syncFolder, writeNewFile } from "#base/durable-file.ts";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { shellWord } from "#base/shell-word.ts";
import type { SystemPlan, SystemStep } from "#cli/system-plan.ts";
import type { Tool } from "./tool.ts";

/** The time limit for a program of the system, in milliseconds. */
const MAX_MILLISECONDS = 30_000;

/** The maximum output that is read of a program, in characters. */
const MAX_OUTPUT = 256 * 1024;

/** A step of a change to the system. */
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

/**
 * These steps as a plan: each is done after the one before it. `undo` is the command that takes
 * back what was done before a step failed. `probe` runs first; when it fails, nothing is changed.
 */
export function planOf(
  steps: readonly Step[],
  env: NodeJS.ProcessEnv,
  undo: string,
  probe: () => Promise<void> = async () => undefined,
): SystemPlan {
  return {
    steps: steps.map(describe),
    async carryOut() {
      await probe();
      for (const step of steps) await take(step, env, undo);
    },
  };
}

function describe(step: Step): SystemStep {
  if (step.action === "write") return { action: "write", target: step.path, content: step.shown };
  if (step.action === "remove") return { action: "remove", target: step.path, content: null };
  return { action: "run", target: step.tool.map(shellWord).join(" "), content: null };
}

async function take(step: Step, env: NodeJS.ProcessEnv, undo: string): Promise<void> {
  if (step.action === "run") {
    const { exitCode, remark } = await runTool(step.tool, env);
    if (exitCode === 0 || step.isOptional) return;
    throw new FobError("unavailable", t`${step.tool.join(" ")} failed: ${remark}`, {
      hint: t`what was done before stays; \`${undo}\` takes it back`,
    });
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
  makeFolders(dirname(given));
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
  /** The first line that it has said of its failure, or why it could not be run. */
  readonly remark: string;
}

/** Runs a program of the system with this environment, and ends it after its time. */
export function runTool([command, ...args]: Tool, env: NodeJS.ProcessEnv): Promise<ToolOutcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: MAX_MILLISECONDS,
      killSignal: "SIGKILL",
      windowsHide: true,
    });
    const [output, remarks] = [child.stdout, child.stderr].map(gathered) as [Gathered, Gathered];
    child.once("error", ({ message }) => resolve({ exitCode: null, output: "", remark: message }));
    child.once("close", (exitCode, signal) => {
      const remark = remarks.text.trim().split("\n")[0] || t`it ended with ${signal ?? exitCode}`;
      resolve({ exitCode, output: output.text, remark });
    });
  });
}

interface Gathered {
  text: string;
}

/** What a stream gives, up to a limit. */
function gathered(stream: Readable): Gathered {
  const all = { text: "" };
  stream.setEncoding("utf8").on("data", (text: string) => {
    all.text = (all.text + text).slice(0, MAX_OUTPUT);
  });
  return all;
}
