import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isLongAgo, isSettled, isYoung } from "#base/file-age.ts";

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a file is young for as long as its writer may take, on both sides of now", () => {
  const ages = [0, 1_999, 2_000, -1_999, -2_000];
  expect(ages.map((age) => isYoung(NOW - age))).toEqual([true, true, false, true, false]);
});

test("what was begun more than an hour away from now was left behind", () => {
  const ages = [0, HOUR, HOUR + 1, -HOUR, -HOUR - 1];
  expect(ages.map((age) => isLongAgo(NOW - age))).toEqual([false, false, true, false, true]);
});

test("a time is settled once the coarsest clock of a file system has moved on, and never ahead of now", () => {
  expect([0, 3_000, 3_001, -3_001].map((age) => isSettled(NOW - age))).toEqual([
    false,
    false,
    true,
    false,
  ]);
});
