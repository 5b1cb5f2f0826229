import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FobError } from "#base/fob-error.ts";
import { speak } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";
import { reportFailure } from "#cli/failure.ts";
import type { Host } from "#cli/host.ts";
import { limitToLocale } from "#cli/output/charset.ts";
import { outputFailure } from "#cli/output/output.ts";

/**
 * Reports a failure of the fast path after the command was done, as the whole program does, and
 * returns the exit code. With `isOutput`, standard output could not be written.
 */
export function reportDone(
  thrown: unknown,
  isOutput: boolean,
  host: Pick<Host, "argv" | "env" | "stdout" | "stderr">,
): number {
  speak(
    messagesFile(join(fileURLToPath(import.meta.url), "../../messages"), host.env),
    () => undefined,
  );
  limitToLocale(host);
  // without a listener, a failed write to standard error would end the process
  host.stderr.on("error", () => undefined);
  return reportFailure(isOutput ? outputFailure(thrown as Error) : own(thrown), host);
}

/** An error of the fast path, which has a class of its own, as one of this program. */
function own(thrown: unknown): unknown {
  if ((thrown as Error).name !== "FobError") return thrown;
  const { code, message, hint, exitCode } = thrown as FobError;
  return new FobError(code, message, { ...(hint !== undefined && { hint }), exitCode });
}
