/**
 * Does `work` with a signal that aborts as soon as one of `ends` does; a number is a time limit in
 * milliseconds.
 *
 * `AbortSignal.any` would be shorter, but Node may collect what it returns while it still has
 * listeners, and then nothing ends (nodejs/node#65995). Returns and throws what `work` does.
 */
export async function untilFirst<T>(
  ends: readonly (AbortSignal | number)[],
  work: (end: AbortSignal) => Promise<T>,
): Promise<T> {
  const first = new AbortController();
  const abort = () => first.abort();
  const signals = ends.filter((end) => typeof end !== "number");
  const timers = ends
    .filter((end) => typeof end === "number")
    .map((limit) => setTimeout(abort, limit));
  for (const signal of signals) signal.addEventListener("abort", abort);
  if (signals.some(({ aborted }) => aborted)) abort();
  try {
    return await work(first.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", abort);
    for (const timer of timers) clearTimeout(timer);
  }
}
