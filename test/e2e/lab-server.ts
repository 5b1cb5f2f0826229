import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { FOB, type TestHome } from "./fob.ts";

/**
 * `fob lab serve` in a home, as a script starts it: its address is the line. It is killed after the
 * test, or when `whenDone` says.
 */
export async function serveLab(
  { home }: TestHome,
  args: readonly string[] = [],
  whenDone: (kill: () => void) => void = onTestFinished,
) {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [FOB, "lab", "serve", "--port", "0", ...args], {
    env: { PATH, FOB_HOME: home },
  });
  whenDone(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const end = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, line, end, stderr: () => stderr };
}
