import { whenEnding } from "./ending.ts";
import { FobError } from "./fob-error.ts";

/**
 * Called between two steps of long work. Yields to the event loop now and then, and rejects when
 * the work must stop; the caller then undoes what it did.
 */
export type Look = () => Promise<void>;

/** The longest time between two checks for signals, in seconds. */
const LOOK_SECONDS = 0.03;

/**
 * Does work that a signal may stop. `work` calls the function that it gets between its steps. After
 * a signal that function rejects with FobError `interrupted` and the message `undone`; `work` then
 * undoes what it did, and the process ends by the signal once the error was shown. Work that
 * completes in spite of the signal, because it was past its point of no return, returns its result
 * as if no signal had come. A second signal ends the process at once.
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
    // completed work must be reported: its first signal does not end the process
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

// not performance.now(): loading its module takes longer than most lists
let looked = 0;

/**
 * Called between two steps of long work. Yields to the event loop now and then, so that signals are
 * handled.
 */
export async function lookForSignals(): Promise<void> {
  if (process.uptime() - looked <= LOOK_SECONDS) return;
  await new Promise((resolve) => setImmediate(resolve));
  looked = process.uptime();
}
