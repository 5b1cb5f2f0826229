import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

/** Those of standard input, output and error stay. */
const FIRST = 3;

/** O_CLOEXEC of Linux, in octal digits of /proc: Node gives it to each descriptor of its own. */
const CLOSES_AT_START = 0o2000000;

/**
 * Closes the descriptors that this process has from whoever started it, where the system tells them
 * from its own (Linux): a lock or a pipe of a shell would be held as long as the process lives.
 */
export function closeInherited(): void {
  for (const descriptor of listed()) {
    if (descriptor < FIRST || !isInherited(descriptor)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // it is closed already
    }
  }
}

/**
 * Puts /dev/null in place of standard input and output, which lead to whoever started this process.
 * No stream may use them.
 */
export function leaveStarter(): void {
  if (process.platform === "win32") return;
  for (const descriptor of [0, 1]) {
    closeSync(descriptor);
    // the lowest that is free
    openSync("/dev/null", "r+");
  }
}

function listed(): number[] {
  try {
    return readdirSync("/proc/self/fd").map(Number);
  } catch {
    // this system has no such list
    return [];
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const about = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1");
    const [, flags] = /^flags:\s([0-7]+)$/m.exec(about) ?? [];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSES_AT_START) === 0;
  } catch {
    // the descriptor with which the list was read
    return false;
  }
}
