import { readFileSync } from "node:fs";
import { afterAll } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** How long processors worked for a file and the programs that it waited for, in seconds. */
    processorSeconds?: number;
  }
}

/** The ticks of a second in /proc (`getconf CLK_TCK`), the same on every Linux. */
const TICKS = 100;

/** Seconds that processors worked for this process and, on Linux, for its children that ended. */
function processorSeconds(): number {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1");
    // behind the name, which may have blanks: utime, stime, cutime and cstime (proc(5))
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  } catch {
    // another system than Linux
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}

const before = processorSeconds();

// biome-ignore lint/correctness/noEmptyPattern: Vitest takes no other first argument
afterAll(({}, { file }) => {
  file.meta.processorSeconds = processorSeconds() - before;
});
