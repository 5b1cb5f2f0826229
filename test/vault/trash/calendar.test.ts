import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Calendar, DAY, havePassed, look } from "#vault/trash/calendar.ts";

const START = Date.parse("2026-01-31T12:00:00Z");
const DAYS = 30;

/**
 * Removes something at START and looks at the clock at these times. Returns at which look thirty
 * days had passed, if at any.
 */
function looks(times: readonly number[]): number | null {
  let calendar = look(null, START) as Calendar;
  const since = { at: new Date(START), vouched: calendar.vouched };
  for (const [i, now] of times.entries()) {
    calendar = look(calendar, now) ?? calendar;
    if (havePassed(DAYS, since, new Date(now), calendar.vouched)) return i;
  }
  return null;
}

/** A time that a clock may say, right or not: a hundred years around the start. */
const anyTime = fc.integer({ min: START - 50 * 365 * DAY, max: START + 50 * 365 * DAY });

/** What happens until the next look: time passes, and the clock may be set off or right. */
const step = fc.record({
  passed: fc.integer({ min: 0, max: 12 * DAY }),
  jump: fc.option(fc.integer({ min: -400 * DAY, max: 400 * DAY })),
});

describe("the calendar", () => {
  test("never lets thirty days pass in fewer than three looks, whatever the clock says", () => {
    fc.assert(fc.property(fc.array(anyTime, { maxLength: 2 }), (times) => looks(times) === null));
    const tenDaysApart = [10, 20, 30].map((days) => START + days * DAY);
    expect(looks(tenDaysApart)).toBe(2);
  });

  test("is ahead of the time by ten days for each jump ahead, at most", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [time, offset, jumps] = [START, 0, 0];
        let calendar = look(null, time) as Calendar;
        for (const { passed, jump } of steps) {
          time += passed;
          if (jump !== null) {
            if (jump > offset) jumps++;
            offset = jump;
          }
          calendar = look(calendar, time + offset) ?? calendar;
          expect(calendar.vouched).toBeLessThanOrEqual(time - START + jumps * 10 * DAY);
          expect(calendar.vouched).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("counts a clock that stays wrong once, and takes back what one look at it added", () => {
    const ahead = 40 * DAY;
    // ten days for the jump, the rest by itself
    expect(looks([0, 5, 10, 15, 19].map((days) => START + ahead + days * DAY))).toBeNull();
    expect(looks([0, 5, 10, 15, 20].map((days) => START + ahead + days * DAY))).toBe(4);
    const backAndForth = Array.from({ length: 100 }, (_, i) => START + (i % 2 === 0 ? ahead : 0));
    expect(looks(backAndForth)).toBeNull();
  });

  test("lets thirty days pass in thirty days where fob is used as people use it, and in a day more at most", () => {
    const pauses = fc.array(fc.integer({ min: 1, max: 10 * DAY }), {
      minLength: 10,
      maxLength: 300,
    });
    fc.assert(
      fc.property(pauses, (gaps) => {
        let now = START;
        const times = gaps.map((gap) => {
          now += gap;
          return now;
        });
        const due = times.findIndex((time) => time - START >= (DAYS + 1) * DAY);
        const passed = looks(times);
        if (passed !== null)
          expect((times[passed] ?? 0) - START).toBeGreaterThanOrEqual(DAYS * DAY);
        if (due >= 0) expect(passed).toBeLessThanOrEqual(due);
      }),
    );
  });

  test("is written at most once a day, and once when the clock went back", () => {
    const calendar = look(null, START) as Calendar;
    expect(look(calendar, START)).toBeNull();
    expect(look(calendar, START + DAY - 1)).toBeNull();
    expect(look(calendar, START + DAY)).toEqual({
      vouched: DAY,
      lookedAt: START + DAY,
      added: DAY,
    });
    expect(look(calendar, START - 1)).toEqual({ vouched: 0, lookedAt: START - 1, added: 0 });
  });
});
