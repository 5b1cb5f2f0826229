/** The longest delay of Node's timers, in milliseconds: it treats a longer one as 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `done` after a time of any length, in milliseconds. Returns how to cancel that. */
export function callAfter(milliseconds: number, done: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    const part = Math.min(left, LONGEST_TIMER_MS);
    timer = setTimeout(() => (part < left ? wait(left - part) : done()), part);
  };
  wait(milliseconds);
  return () => clearTimeout(timer);
}

/** Resolves after a time of any length, in milliseconds, or at once when `end` aborts. */
export function sleep(milliseconds: number, end?: AbortSignal): Promise<void> {
  if (end?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = () => {
      cancel();
      end?.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = callAfter(milliseconds, wake);
    end?.addEventListener("abort", wake);
  });
}
