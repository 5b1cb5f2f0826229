import { asFobError } from "#base/file-error.ts";
import { printable } from "#token/printable.ts";
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
  const isDebugged = env["FOB_DEBUG"] && env["FOB_DEBUG"] !== "0";
  if (!error.isSilent || isDebugged)
    writeLines(stderr, formatError(error, wantsJson(argv), isDebugged ? trace(thrown) : ""));
  return error.exitCode;
}

/** Whether `--json` is an option of fob itself, not of the program that it runs. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end < 0 ? argv : argv.slice(0, end)).includes("--json");
}

function trace(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const trace = [
    thrown.stack,
    thrown.cause instanceof Error ? `caused by ${thrown.cause.stack}` : "",
  ].join("\n");
  return trace.split("\n").map(printable).join("\n");
}
