import { whenEnding } from "./ending.ts";
import { FobError } from "./fob-error.ts";

/**
 * Called between two steps of long work: lets the event loop turn now and then, and rejects when
 * the work is to stop, which whoever does it takes back then.
 */
export type Look = () => Promise<void>;

/** How long work goes on without a look for signals, in milliseconds. */
const LOOK_MS = 30;

/**
 * Does work that a signal may stop. `work` calls the function that it gets between its steps: that
 * rejects with FobError `interrupted` and the message `undone` once the process was asked to end.
 * The work then takes back what it did, and the process ends as the signal asks when this error has
 * been told. Work that is done all the same, because it was past its point of no return, ends as if
 * no signal had come: its result is told. A second signal ends the process at once.
 */
export async function doLongWork<T>(undone: string, work: (look: Look) => Promise<T>): Promise<T> {
  let isAsked = false;
  let end: () => void = () => undefined;
  const forget = whenEnding(() => {
    isAsked = true;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  try {
    // what was done must be told: the first signal from here on is not obeyed
    return await work(async () => {
      await lookForSignals();
      if (isAsked) throw new FobError("interrupted", undone);
    });
  } catch (error) {
    forget();
    setImmediate(() => end());
    throw error;
  }
}

let looked = performance.now();

/**
 * Called between two steps of work that takes long: lets the event loop turn now and then, so that
 * a signal has its effect.
 */
export async function lookForSignals(): Promise<void> {
  if (performance.now() - looked <= LOOK_MS) return;
  await new Promise((resolve) => setImmediate(resolve));
  looked = performance.now();
}
