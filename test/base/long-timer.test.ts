import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callAfter, sleep } from "#base/long-timer.ts";

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test.each([0, 1, DAY_MS, 30 * DAY_MS, 400 * DAY_MS])(
  "%i ms are over then, and not before",
  (ms) => {
    const done = vi.fn();
    callAfter(ms, done);
    vi.advanceTimersByTime(Math.max(0, ms - 1));
    expect(done).toHaveBeenCalledTimes(ms === 0 ? 1 : 0);
    vi.advanceTimersByTime(1);
    expect(done).toHaveBeenCalledTimes(1);
  },
);

test("a time that is cancelled is never over", () => {
  const done = vi.fn();
  const cancel = callAfter(60 * DAY_MS, done);
  vi.advanceTimersByTime(30 * DAY_MS);
  cancel();
  vi.advanceTimersByTime(60 * DAY_MS);
  expect(done).not.toHaveBeenCalled();
});

test("a sleep ends with its signal, and at once after it", async () => {
  const end = new AbortController();
  const asleep = sleep(60 * DAY_MS, end.signal);
  end.abort();
  await asleep;
  await sleep(60 * DAY_MS, end.signal);
  expect(vi.getTimerCount()).toBe(0);
});
