import { readFileSync } from "node:fs";

/**
 * When a process began, as the system counts: two processes with one number differ in it. Null when
 * there is no such process.
 */
export function startOf(pid: number): string | null {
  if (process.platform === "linux") return linuxStart(pid);
  if (process.platform === "win32") return exists(pid) ? "" : null;
  // loaded here, because it takes longer than all that this module does elsewhere
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    // whoever compares two answers may have another language and time zone than who asked first
    const env = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
    return (
      execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env, encoding: "utf8" }).trim() ||
      null
    );
  } catch {
    // it says so of a process that is not there
    return null;
  }
}

/**
 * Whether a process still runs; `unknown` where this process cannot see it, or cannot tell it from
 * a later one of its number.
 */
export type Life = "running" | "dead" | "unknown";

/**
 * What can be said of a process of this machine by its number and its start, which is empty where
 * the system did not tell. A process that was stopped (SIGSTOP) still runs.
 */
export function lifeHere(one: { readonly pid: number; readonly started: string }): Life {
  const found = startOf(one.pid);
  if (found === null) return isSystemSilent() && exists(one.pid) ? "unknown" : "dead";
  if (found === "" || one.started === "") return "unknown";
  return found === one.started ? "running" : "dead";
}

/** Whether the system tells nothing of any process: no `ps`. */
function isSystemSilent(): boolean {
  return startOf(process.pid) === null;
}

/**
 * The clock ticks since the boot, and the boot: field 22 of stat (proc(5)), counted after the name,
 * which may hold anything.
 */
function linuxStart(pid: number): string | null {
  const boot = bootId();
  // without /proc, in some containers, only the number is left
  if (boot === null) return exists(pid) ? "" : null;
  try {
    // by its first thread, which began with it: emulators of other processors make up the shorter
    // path's answer for the process itself
    const fields = readFileSync(`/proc/${pid}/task/${pid}/stat`, "latin1")
      .replace(/^.*\)/s, "")
      .trim()
      .split(" ");
    // a process that has ended and that nobody has asked about is still listed
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

/** Whether there is a process of this number, whosever it is. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it belongs to somebody else
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
