import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { wrapWhole } from "#cli/output/width.ts";
import { isYes } from "#cli/prompt/is-yes.ts";
import { questionLines } from "#cli/prompt/question-lines.ts";
import type { Screen } from "./screen.ts";
import type { ScreenSize } from "./terminal-screen.ts";
import { typeInto } from "./typed-line.ts";

/** How long a question stays as it is drawn, in milliseconds: a key or its end redraws it. */
const REDRAW_MS = 60_000;

/** The longest answer that is shown, in characters. */
const MAX_ANSWER = 20;

/**
 * Asks for yes or no on a screen of its own; Enter alone and Escape are no. Throws FobError
 * `denied` where the terminal is too small to show the question whole, `interrupted` when `end`
 * aborts.
 */
export async function askYesNo(
  { terminal, style }: Screen,
  question: string,
  end?: AbortSignal,
): Promise<boolean> {
  const wake = () => terminal.wake();
  end?.addEventListener("abort", wake);
  let typed = "";
  try {
    for (;;) {
      if (end?.aborted) throw stoppedByPerson();
      terminal.draw(viewQuestion(question, typed, { size: terminal.size, style }));
      const key = await terminal.nextKey(REDRAW_MS);
      if (key?.name === "enter") return isYes(typed);
      if (key?.name === "escape") return false;
      if (key) typed = typeInto(typed, key).slice(0, MAX_ANSWER);
    }
  } finally {
    end?.removeEventListener("abort", wake);
  }
}

function viewQuestion(
  question: string,
  typed: string,
  { size, style }: { readonly size: ScreenSize; readonly style: Style },
): string[] {
  const lines = questionLines(question, size.columns).map((line) => style.strong(line));
  const answer = wrapWhole(`${t("yes or no (no):")} ${typed}_`, size.columns);
  if (lines.length + answer.length > size.rows) throw tooSmall();
  return [...lines, ...answer];
}

function tooSmall(): FobError {
  return new FobError("denied", t("the terminal is too small to show the question whole"));
}
