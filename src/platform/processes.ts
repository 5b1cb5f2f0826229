import { readFileSync } from "node:fs";

/** When a process began, as the system counts: two processes with one number differ in it. Null when there is no such process. */
export function startOf(pid: number): string | null {
  if (process.platform === "linux") return linuxStart(pid);
  if (process.platform === "win32") return exists(pid) ? "" : null;
  // loaded here, because it takes longer than all that this module does elsewhere
  const { execFileSync } = process.getBuiltinModule("node:child_process");
  try {
    // whoever compares two answers may have another language and time zone than who asked first
    const env = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env, encoding: "utf8" }).trim() || null;
  } catch {
    // it says so of a process that is not there
    return null;
  }
}

/** Whether this very process still runs. */
export function isRunning({ pid, started }: { readonly pid: number; readonly started: string }): boolean {
  return startOf(pid) === started;
}

/** The clock ticks since the boot, and the boot: field 22 of stat (proc(5)), counted after the name, which may hold anything. */
function linuxStart(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ");
    // a process that has ended and that nobody has asked about is still listed
    return fields[0] === "Z" ? null : `${boot}/${fields[19]}`;
  } catch {
    // no such process
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
