import { getEventListeners, once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { untilFirst } from "#base/until-first.ts";

const aborted = (end: AbortSignal) => once(end, "abort").then(() => "ended");

test("ends with the first signal, even after the garbage was collected", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const [first, second] = [new AbortController(), new AbortController()];
  const ended = untilFirst([first.signal, second.signal, 60_000], aborted);
  await nextTurn();
  collect();
  second.abort();
  expect(await ended).toBe("ended");
  expect(getEventListeners(first.signal, "abort")).toEqual([]);
});

test("ends with its time limit", async () => {
  expect(await untilFirst([new AbortController().signal, 10], aborted)).toBe("ended");
});

test("has ended from the start where a signal has", async () => {
  expect(await untilFirst([AbortSignal.abort(), 60_000], async ({ aborted }) => aborted)).toBe(
    true,
  );
});

test("leaves nothing behind when the work fails", async () => {
  const { signal } = new AbortController();
  await expect(
    untilFirst([signal, 60_000], () => Promise.reject(new Error("failed"))),
  ).rejects.toThrow("failed");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
