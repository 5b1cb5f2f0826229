import { openSync, writeSync } from "node:fs";
import type { Trace } from "#cli/context.ts";
import { describeNewFileError } from "#cli/inputs.ts";
import { printable } from "#token/printable.ts";

/**
 * Creates a file of lines with mode 0600; each line is there as soon as it is written, whatever
 * happens next. Throws FobError `usage` when there is a file of that name, `unavailable` when there
 * can be none.
 */
export function startTraceFile(path: string, now: () => Date): Trace {
  const file = createFile(path);
  return (line) => {
    try {
      writeSync(file, `${now().toISOString()} ${printable(line)}\n`);
    } catch {
      // what it tells about matters more than the telling
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
