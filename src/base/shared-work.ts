/**
 * Makes a function that begins `work` at its first call, for all who call it meanwhile. The signal
 * of the work aborts when everybody who waits for it has `gone`; the next call begins again.
 */
export function sharedWork<T>(
  work: (end: AbortSignal) => Promise<T>,
): (gone: AbortSignal) => Promise<T> {
  interface Running {
    readonly result: Promise<T>;
    readonly end: AbortController;
    waiting: number;
  }
  let current: Running | null = null;
  const begin = (): Running => {
    const end = new AbortController();
    const running: Running = { result: work(end.signal), end, waiting: 0 };
    const forget = () => {
      if (current === running) current = null;
    };
    end.signal.addEventListener("abort", forget);
    running.result.then(forget, forget);
    return running;
  };
  return async (gone) => {
    current ??= begin();
    const running = current;
    running.waiting++;
    const leave = () => {
      running.waiting--;
      if (running.waiting === 0) running.end.abort();
    };
    if (gone.aborted) leave();
    else gone.addEventListener("abort", leave, { once: true });
    try {
      return await running.result;
    } finally {
      gone.removeEventListener("abort", leave);
    }
  };
}
