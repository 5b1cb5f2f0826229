import { readFileSync, readlinkSync } from "node:fs";
import { exists, startOf } from "./processes.ts";

/** A process on some machine, told from every other process that has or had its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, as the system counts; empty where the system does not tell. */
  readonly started: string;
  /** Where the number counts: this boot and PID namespace, or the machine's name. */
  readonly place: string;
}

/**
 * Whether a process still runs; `unknown` where this process cannot see it, or cannot tell it from
 * a later one.
 */
type Life = "running" | "dead" | "unknown";

/** The process that asks. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) ?? "", place: thisPlace() };
}

/** What can be said of a process from here. A process that was stopped (SIGSTOP) still runs. */
export function lifeOf({ pid, started, place }: ProcessIdentity): Life {
  if (place !== thisPlace()) return "unknown";
  const startedNow = startOf(pid);
  // without /proc the system tells nothing of any process
  if (startedNow === null) return isSystemSilent() && exists(pid) ? "unknown" : "dead";
  if (startedNow === "" || started === "") return "unknown";
  return startedNow === started ? "running" : "dead";
}

function isSystemSilent(): boolean {
  return startOf(process.pid) === null;
}

function thisPlace(): string {
  try {
    if (process.platform === "linux") {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
    }
  } catch {
    // no /proc: the name of the machine is what is left
  }
  return process.getBuiltinModule("node:os").hostname();
}
