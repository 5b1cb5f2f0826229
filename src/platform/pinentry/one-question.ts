import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { oneAtATime } from "#base/one-at-a-time.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";

/** How many questions may wait for the one that is shown. */
const MAX_WAITING = 8;

/**
 * Shows one question at a time, in the order in which they were asked. Throws FobError `locked`
 * when too many wait: a program that asks a thousand times must not fill the desktop.
 */
export function oneQuestionAtATime(pinentry: Pinentry): Pinentry {
  const queue = oneAtATime(
    1 + MAX_WAITING,
    () => new FobError("locked", t("too many questions wait for a person already")),
  );
  const inTurn = <T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> =>
    queue(async () => {
      if (signal?.aborted) throw stoppedByPerson();
      return ask();
    });
  return {
    secret: (question, signal) => inTurn(signal, () => pinentry.secret(question, signal)),
    confirm: (question, signal) => inTurn(signal, () => pinentry.confirm(question, signal)),
  };
}
