import { readFileSync, readlinkSync } from "node:fs";
import { type Life, lifeHere, startOf } from "./processes.ts";

/** A process on some machine, distinct from every other process that has or had the same PID. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Its start time in the format of the system; empty where the system does not report it. */
  readonly started: string;
  /** The scope of the PID: this boot and PID namespace on Linux, else the machine's name. */
  readonly place: string;
}

/** The identity of the current process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) ?? "", place: thisPlace() };
}

/** Whether a process still runs; `unknown` for one of another machine or PID namespace. */
export function lifeOf(one: ProcessIdentity): Life {
  return one.place === thisPlace() ? lifeHere(one) : "unknown";
}

function thisPlace(): string {
  try {
    if (process.platform === "linux") {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
    }
  } catch {
    // no /proc: the machine's name has to do
  }
  return process.getBuiltinModule("node:os").hostname();
}
