import { openSync, writeSync } from "node:fs";
import type { Trace } from "#cli/context.ts";
import { describeNewFileError } from "#cli/inputs.ts";
import { printable } from "#token/printable.ts";

/**
 * Creates a file with mode 0600 for lines that are written immediately, so that a crash does not
 * lose them. Throws FobError `usage` when the file exists, `unavailable` when it cannot be created.
 */
export function startTraceFile(path: string, now: () => Date): Trace {
  const file = createFile(path);
  return (line) => {
    try {
      writeSync(file, `${now().toISOString()} ${printable(line)}\n`);
    } catch {
      // the traced work is more important than its trace
    }
  };
}

function createFile(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    throw describeNewFileError(error, path);
  }
}
