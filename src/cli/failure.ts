import { asFobError } from "#base/file-error.ts";
import { printable } from "#token/printable.ts";
import { wantsJson } from "./command-line/own-words.ts";
import { isSet } from "./globals.ts";
import type { Host } from "./host.ts";
import { writeLines } from "./output/remark.ts";
import { formatError } from "./output/report.ts";

/**
 * Says on standard error why a command line has failed, for a person or, with `--json`, a program.
 * Returns the exit code.
 */
export function reportFailure(
  thrown: unknown,
  { argv, env, stderr }: Pick<Host, "argv" | "env" | "stderr">,
): number {
  const error = asFobError(thrown);
  const isDebugged = isSet(env["FOB_DEBUG"]);
  if (!error.isSilent || isDebugged)
    writeLines(stderr, formatError(error, wantsJson(argv), isDebugged ? trace(thrown) : ""));
  return error.exitCode;
}

function trace(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const trace = [
    thrown.stack,
    thrown.cause instanceof Error ? `caused by ${thrown.cause.stack}` : "",
  ].join("\n");
  return trace.split("\n").map(printable).join("\n");
}
