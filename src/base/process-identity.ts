import { readFileSync, readlinkSync } from "node:fs";
import { type Life, lifeHere, startOf } from "./processes.ts";

/** A process on some machine, told from every other process that has or had its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, as the system counts; empty where the system does not tell. */
  readonly started: string;
  /** Where the number counts: this boot and PID namespace, or the machine's name. */
  readonly place: string;
}

/** The process that asks. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) ?? "", place: thisPlace() };
}

/** What can be said of a process, wherever it runs. */
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
    // no /proc: the name of the machine is what is left
  }
  return process.getBuiltinModule("node:os").hostname();
}
