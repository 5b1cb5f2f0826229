import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskProgram } from "#cli/context.ts";
import type { Listening } from "#push/listening/listening.ts";
import { requestJson } from "#push/push-json.ts";
import type { PushRequest } from "#push/push-request.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** What deciding by a program needs. */
export interface Deciding {
  /** The program's path, or its name in PATH. */
  readonly program: string;
  readonly askProgram: AskProgram;
  readonly pinPrompt: PinPrompt;
  now(): Date;
  tell(text: string): void;
}

/**
 * Lets a program decide on a request: it gets it as JSON on its standard input, and its exit code
 * is the answer. Where something is to be chosen it prints its choice. What it cannot decide waits
 * on.
 */
export async function decideByProgram(
  request: PushRequest,
  listening: Listening,
  deciding: Deciding,
): Promise<void> {
  const { program, now, tell, askProgram, pinPrompt } = deciding;
  const left = request.expiresAt.getTime() - now().getTime();
  // answered elsewhere, or expired, while others were decided on
  if (left <= 0 || !listening.waiting.some(({ id }) => id === request.id)) return;
  const input = `${JSON.stringify(requestJson(request))}\n`;
  const { exitCode, line } = await askProgram(program, {
    input,
    signal: AbortSignal.timeout(left),
  });
  const answer = answerOf(exitCode, line, request);
  if (answer === null) {
    tell(
      t`${request.id} waits on: ${program} ${exitCode === null ? t("took too long") : t`ended with ${exitCode}`}`,
    );
    return;
  }
  try {
    await listening.answer(request.id, answer, pinPrompt);
  } catch (error) {
    // one answer that failed is no reason to stop listening
    if (!(error instanceof FobError) || error.code === "interrupted") throw error;
    tell(`${request.id}: ${error.message}`);
  }
}

function answerOf(
  exitCode: number | null,
  line: string,
  { options }: PushRequest,
): PushAnswer | null {
  if (exitCode === 0) return { kind: "approve", choice: options.length === 0 ? null : line };
  return exitCode === 1 ? { kind: "deny", isReport: false } : null;
}
