import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** The variable that the processes of one run have in common. */
const RUN_VARIABLE = "FOB_RUN_ID";

/** How often /proc is searched again: a process can start another one while it is searched. */
const MAX_SEARCHES = 20;

/** A program that was started in a process group of its own, and the mark in its environment. */
export interface MarkedRun {
  readonly pid: number | undefined;
  /** A part of the environment that it was started with, of {@link newRunMark}. */
  readonly mark: NodeJS.ProcessEnv;
}

/** A mark that all processes of a run inherit, and that no other run has. It is no secret. */
export function newRunMark(): NodeJS.ProcessEnv {
  return { [RUN_VARIABLE]: randomBytes(16).toString("hex") };
}

/**
 * Kills a program with the programs that it started: its process group, and on Linux also those
 * that left the group or its session, which the mark in their environment tells. Synchronous,
 * because the process may be about to end.
 */
export function killRun({ pid, mark }: MarkedRun): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], {
      stdio: "ignore",
      windowsHide: true,
    }).once("error", () => undefined);
    return;
  }
  kill(-pid);
  if (process.platform === "linux") killMarked(mark);
}

function killMarked(mark: NodeJS.ProcessEnv): void {
  const killed = new Set<number>();
  for (let search = 0; search < MAX_SEARCHES; search++) {
    const found = markedProcesses(mark).filter((pid) => !killed.has(pid));
    if (found.length === 0) return;
    for (const pid of found) {
      kill(pid);
      killed.add(pid);
    }
  }
}

/** The processes with a mark in the environment that they were started with. */
function markedProcesses(mark: NodeJS.ProcessEnv): number[] {
  const entry = Buffer.from(`${RUN_VARIABLE}=${mark[RUN_VARIABLE]}\0`);
  const pids = attempt(() => readdirSync("/proc")) ?? [];
  return pids.flatMap((name) => {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || pid === process.pid) return [];
    // those of other users cannot be read, and were not started by this run
    const environment = attempt(() => readFileSync(`/proc/${name}/environ`));
    return environment?.includes(entry) ? [pid] : [];
  });
}

function kill(pid: number): void {
  // ESRCH: it has ended already
  attempt(() => process.kill(pid, "SIGKILL"));
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
