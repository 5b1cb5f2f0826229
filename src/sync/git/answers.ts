import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { GitAnswer } from "./git-program.ts";

/** What git says of a copy that has lost or broken files, or of such a remote. */
const OF_DAMAGE =
  /(?:object|index|pack|idx)[ -]?file|loose object|packfile|corrupt|bad object|not a git repo|unable to (?:read|open|parse)|could not parse|missing (?:blob|tree|commit)|invalid object|is empty|bad config|too small/i;

/** Whether a call may have failed because files of a repository are damaged. */
export function mayTellOfDamage({ exitCode, remarks }: GitAnswer): boolean {
  return exitCode !== 0 && OF_DAMAGE.test(remarks);
}

/** The names of the branches and tags in what `git ls-remote` prints. */
export function namesIn({ output }: GitAnswer): readonly string[] {
  const lines = output.toString("utf8").split("\n");
  return lines.flatMap((line) => line.split("\t")[1] ?? []).filter((name) => name !== "HEAD");
}

/**
 * Whether a call has failed before the remote has shown anything: each other one would fail, too.
 */
export function isUnreachable({ remarks }: GitAnswer): boolean {
  return /unable to (?:access|connect)|could not (?:read from remote|resolve)|timed out|too slow/i.test(
    remarks,
  );
}

/** The error of a call that has failed: `what`, and why git says so. */
export function failed(answer: GitAnswer, what: string, hint?: string): FobError {
  const reason = reasonOf(answer);
  return new FobError(
    "unavailable",
    reason === null ? what : t`${what}: ${reason}`,
    hint === undefined ? {} : { hint },
  );
}

/** How far git has come, and what it has done. */
const PROGRESS =
  /\d% \(|^(?:remote: )?(?:Enumerating|Counting|Compressing|Total|Writing|Delta) |^From |^ [*+=!-] /;

/** The line in which git says why it failed; null where it says nothing. */
export function reasonOf({ remarks }: GitAnswer): string | null {
  const lines = remarks.split("\n").filter((line) => line.trim() !== "" && !PROGRESS.test(line));
  const reason = lines.find((line) => /^(?:fatal|error|remote):/.test(line)) ?? lines.at(-1);
  return reason ?? null;
}
