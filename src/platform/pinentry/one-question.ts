import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";

/** How many questions may wait for the one that is shown. */
const MAX_WAITING = 8;

/**
 * Shows one question at a time, in the order in which they were asked. Throws FobError `locked`
 * when too many wait: a program that asks a thousand times must not fill the desktop.
 */
export function oneQuestionAtATime(pinentry: Pinentry): Pinentry {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const inTurn = async <T>(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> => {
    if (waiting > MAX_WAITING)
      throw new FobError("locked", t("too many questions wait for a person already"));
    waiting++;
    const turn = last.then(async () => {
      if (signal?.aborted) throw stoppedByPerson();
      return ask();
    });
    last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      waiting--;
    }
  };
  return {
    secret: (question, signal) => inTurn(signal, () => pinentry.secret(question, signal)),
    confirm: (question, signal) => inTurn(signal, () => pinentry.confirm(question, signal)),
  };
}
