import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { BackgroundSync, pauseAfter } from "#agent/server/background-sync.ts";
import { FobError } from "#base/fob-error.ts";

const MINUTES = 60_000;
const DAYS = 1_440 * MINUTES;

test.each([
  [0, 15, 15],
  [1, 15, 30],
  [2, 15, 60],
  [3, 15, 120],
  [1_000, 15, 120],
  [3, 600, 600],
])(
  "after %i failures of one every so often, the pause grows up to two hours",
  (failures, every, pause) => {
    expect(pauseAfter(failures, every * MINUTES)).toBe(pause * MINUTES);
  },
);

test("a failure is followed by another attempt, a removal of this device by none", async () => {
  const errors = [new FobError("unavailable", "away"), new FobError("denied", "removed")];
  let attempts = 0;
  const sync = new BackgroundSync(1, async () => {
    throw errors[attempts++] ?? new Error("too many");
  });
  await sync.run();
  expect(attempts).toBe(2);
});

test("the attempt that is under way is told to end, and none follows", async () => {
  let attempts = 0;
  const sync = new BackgroundSync(1, async (end) => {
    attempts++;
    setImmediate(() => sync.end());
    await once(end, "abort");
  });
  await sync.run();
  expect(attempts).toBe(1);
});

test("a month between two attempts is a month", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let attempts = 0;
  const sync = new BackgroundSync(30 * DAYS, async () => void attempts++);
  const running = sync.run();
  await vi.advanceTimersByTimeAsync(30 * DAYS - 1);
  expect(attempts).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(attempts).toBe(2);
  sync.end();
  await running;
});
