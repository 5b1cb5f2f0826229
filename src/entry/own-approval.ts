import { dirname } from "node:path";
import { t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import { programOf } from "#platform/agent/peer-program.ts";
import type { Notifier } from "#push/notifier.ts";
import { cannotBeAsked, denied } from "#vault/pins/approval.ts";
import type { TokenUse } from "#vault/pins/pin-prompt.ts";
import { ANSWER_MS, approver, askingProgram, describeUse } from "./approver.ts";

/** Whom this process can ask. */
interface Reachable {
  /** The person at its terminal. */
  readonly prompt: Prompt;
  readonly notifier: Notifier;
  readonly pinentry: Pinentry | null;
  /** Whether somebody may be asked at all (`--no-input`). */
  readonly isInputAllowed: boolean;
  /** The folder of the built program. */
  readonly folder: string;
}

/**
 * Asks before this process itself uses a token, where its setting asks for that: at its terminal,
 * else at the desktop, about the program that has started it. Throws FobError `denied`.
 */
export async function approveHere(
  use: TokenUse,
  { prompt, notifier, pinentry, isInputAllowed, folder }: Reachable,
  answerMs = ANSWER_MS,
): Promise<void> {
  if (!isInputAllowed) throw cannotBeAsked(use);
  const program = askingProgram(programOf(process.ppid, dirname(folder)));
  const answer = prompt.available
    ? await askAtTerminal(prompt, describeUse(use, program, null), answerMs)
    : await approver({ notifier, pinentry })(
        { use, program, lastHour: null },
        new AbortController().signal,
      );
  use.onAsk?.();
  if (answer === "deny") throw denied(use);
}

/** Nobody who answers in time is no. */
async function askAtTerminal(
  prompt: Prompt,
  body: string,
  answerMs: number,
): Promise<"once" | "deny"> {
  const question = `${body.replaceAll("\n", "; ")}. ${t("May it use the token?")}`;
  return untilFirst([answerMs], async (over) => {
    try {
      return (await prompt.confirm(question, t("a terminal"), over)) ? "once" : "deny";
    } catch (error) {
      if (over.aborted) return "deny";
      throw error;
    }
  });
}
