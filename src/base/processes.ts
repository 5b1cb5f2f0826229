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
 * Whether this very process still runs: a number alone does not tell, because the system gives it
 * to another process later. Where it does not say when a process began, nobody knows.
 */
export function judgeProcess({
  pid,
  started,
}: {
  readonly pid: number;
  readonly started: string;
}): ProcessState {
  const found = startOf(pid);
  if (found === null) return "gone";
  if (found === "" || started === "") return "unknown";
  return found === started ? "running" : "gone";
}

export type ProcessState = "running" | "gone" | "unknown";

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
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it belongs to somebody else
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
