import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { removeQuietly } from "#base/durable-file.ts";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import type { ServicePlan, ServiceStep } from "#cli/login-service.ts";
import type { Tool } from "#platform/program/tool.ts";

/** The time limit for a program of the system, in milliseconds. */
const MAX_MILLISECONDS = 30_000;

/** A step of a change. */
export type Step =
  | { readonly action: "write"; readonly path: string; readonly text: string }
  | { readonly action: "remove"; readonly path: string }
  | {
      readonly action: "run";
      readonly tool: Tool;
      /** Whether the rest is good without it. */
      readonly isOptional?: true;
    };

/**
 * These steps as a plan: each is done after the one before it. `probe` runs first; when it fails,
 * nothing is changed.
 */
export function planOf(
  steps: readonly Step[],
  env: NodeJS.ProcessEnv,
  probe: () => Promise<void> = async () => undefined,
): ServicePlan {
  return {
    steps: steps.map(describe),
    async carryOut() {
      await probe();
      for (const step of steps) await take(step, env);
    },
  };
}

/** Runs a program of the system. Returns null, or what it has said of its failure. */
export function failureOf(
  [command, ...args]: Tool,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const options = { env, timeout: MAX_MILLISECONDS, windowsHide: true } as const;
  return new Promise((resolve) => {
    execFile(command, args, options, (error, _, remarks) =>
      resolve(error ? remarks.trim().split("\n")[0] || error.message : null),
    );
  });
}

function describe(step: Step): ServiceStep {
  if (step.action === "write") return { action: "write", target: step.path, content: step.text };
  if (step.action === "remove") return { action: "remove", target: step.path, content: null };
  return { action: "run", target: step.tool.map(shellWord).join(" "), content: null };
}

async function take(step: Step, env: NodeJS.ProcessEnv): Promise<void> {
  if (step.action === "run") {
    const failure = await failureOf(step.tool, env);
    if (failure === null || step.isOptional) return;
    throw new FobError("unavailable", t`${step.tool.join(" ")} failed: ${failure}`, {
      hint: t("what was done before stays; `fob agent remove` takes it back"),
    });
  }
  try {
    if (step.action === "write") replace(step.path, step.text);
    else rmSync(step.path, { force: true });
  } catch (error) {
    throw describeForeignFileError(error, step.action === "write" ? "write" : "remove", step.path);
  }
}

function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  try {
    writeFileSync(temporary, text, { mode: 0o644, flag: "wx" });
    renameSync(temporary, path);
  } finally {
    removeQuietly(temporary);
  }
}
