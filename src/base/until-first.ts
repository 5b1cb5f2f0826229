/**
 * Calls `work` with a signal that aborts when the first of `ends` does; a number is a time limit in
 * milliseconds. Returns and throws what `work` does.
 *
 * `AbortSignal.any` would be shorter, but Node may collect its signal while it still has listeners,
 * which then never hear of an abort (nodejs/node#65995).
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
