import { readFileSync } from "node:fs";

/**
 * The start time of a process in the format of the system, to tell it from a later process with the
 * same PID. Empty where the system does not report it, null when there is no such process.
 */
export function startOf(pid: number): string | null {
  if (process.platform === "linux") return linuxStart(pid);
  if (process.platform === "win32") return exists(pid) ? "" : null;
  // loaded here because loading it takes longer than everything else in this module
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    // two processes that compare their results may have different languages and time zones
    const env = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
    return (
      execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env, encoding: "utf8" }).trim() ||
      null
    );
  } catch {
    // ps fails for a process that does not exist
    return null;
  }
}

/**
 * Whether a process still runs; `unknown` where this process cannot see it, or cannot tell it from
 * a later one with the same PID.
 */
export type Life = "running" | "dead" | "unknown";

/**
 * Whether a process of this machine still runs, by its PID and its start time, which is empty where
 * the system did not report it. A process that was stopped (SIGSTOP) counts as running.
 */
export function lifeHere(one: { readonly pid: number; readonly started: string }): Life {
  const found = startOf(one.pid);
  if (found === null) return isSystemSilent() && exists(one.pid) ? "unknown" : "dead";
  if (found === "" || one.started === "") return "unknown";
  return found === one.started ? "running" : "dead";
}

/** Whether the system reports no process at all, for example because `ps` is missing. */
function isSystemSilent(): boolean {
  return startOf(process.pid) === null;
}

/**
 * The boot, and the start time in clock ticks since then: field 22 of stat (proc(5)). Fields are
 * counted after the process name, which may hold any character.
 */
function linuxStart(pid: number): string | null {
  const boot = bootId();
  // without /proc, in some containers, only the PID is left
  if (boot === null) return exists(pid) ? "" : null;
  try {
    // the file of the first thread, which started with the process: under emulators of other
    // processors, /proc/PID/stat has made-up values for the process itself
    const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, "latin1")
      .replace(/^.*\)/s, "")
      .trim()
      .split(" ");
    // a zombie: it has ended, and its parent has not waited for it
    return fields[0] === "Z" ? null : `${boot}/${fields[19]}`;
  } catch {
    // no such process
    return null;
  }
}

function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}

/** Whether there is a process with this PID, of any user. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it belongs to another user
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
