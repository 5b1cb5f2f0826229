import { afterEach, describe, expect, test, vi } from "vitest";
import { formatMoment, sayingWhen, sayMoment } from "#cli/output/moments.ts";

const NOW = new Date("2026-01-31T12:00:00.500Z");
const SECOND = 1_000;
const HOUR = 60 * 60 * SECOND;
const DAY = 24 * HOUR;

const atTerminal = (milliseconds: number) =>
  formatMoment(new Date(NOW.getTime() + milliseconds), { columns: 80 }, NOW);

describe("a point in time", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("is the same for everybody where it does not go to a terminal", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    expect(formatMoment(NOW, { columns: null })).toBe("2026-01-31T12:00:00Z");
    expect(formatMoment(NOW, null)).toBe("2026-01-31T12:00:00Z");
  });

  test("is in the time zone of the terminal, in winter and in summer", () => {
    vi.stubEnv("TZ", "Europe/Berlin");
    expect(atTerminal(0)).toBe("2026-01-31 13:00 (now)");
    expect(atTerminal(180 * DAY)).toBe("2026-07-30 14:00 (in 6 months)");
    vi.stubEnv("TZ", "America/St_Johns");
    expect(atTerminal(0)).toBe("2026-01-31 08:30 (now)");
  });

  test.each([
    [-SECOND, "1 second ago"],
    [-59 * SECOND, "59 seconds ago"],
    [-60 * SECOND, "1 minute ago"],
    [-119 * 60 * SECOND, "1 hour ago"],
    [-DAY, "yesterday"],
    [-2 * DAY, "2 days ago"],
    [-(DAY + 13 * HOUR), "2 days ago"],
    [DAY, "tomorrow"],
    [29 * DAY, "in 29 days"],
    [31 * DAY, "next month"],
    [-400 * DAY, "last year"],
    [-800 * DAY, "2 years ago"],
  ])("%i ms from now is %j", (milliseconds, words) => {
    expect(atTerminal(milliseconds)).toMatch(new RegExp(` \\(${words}\\)$`));
  });
});

describe("a last use", () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    [0, "just now"],
    [59 * SECOND, "just now"],
    [3 * 60 * SECOND, "3 minutes ago"],
    [5 * HOUR, "5 hours ago"],
    // it is noon: the evening before is 13 hours ago
    [13 * HOUR, "yesterday"],
    [35 * HOUR, "yesterday"],
    [37 * HOUR, "2 days ago"],
    [6 * DAY, "6 days ago"],
    [8 * DAY, "last week"],
    [20 * DAY, "2 weeks ago"],
    [31 * DAY, "in December"],
    [290 * DAY, "in April"],
    [310 * DAY, "in March 2025"],
    // the clock was ahead then
    [-2 * HOUR, "in 2 hours"],
  ])("%i ms ago is said as %j", (ago, words) => {
    vi.stubEnv("TZ", "UTC");
    expect(sayingWhen(NOW)(new Date(NOW.getTime() - ago))).toBe(words);
  });

  test("is yesterday by the midnight of the terminal's time zone", () => {
    const eightHoursBefore = new Date(NOW.getTime() - 8 * HOUR);
    vi.stubEnv("TZ", "UTC");
    expect(sayingWhen(NOW)(eightHoursBefore)).toBe("8 hours ago");
    vi.stubEnv("TZ", "America/New_York");
    expect(sayingWhen(NOW)(eightHoursBefore)).toBe("yesterday");
  });

  test("is said with its date at a terminal, and elsewhere by that alone", () => {
    vi.stubEnv("TZ", "UTC");
    const time = new Date("2020-03-05T08:00:00Z");
    expect(sayMoment(time, { columns: 80 })).toBe("in March 2020 (2020-03-05 08:00)");
    expect(sayMoment(time, { columns: null })).toBe("2020-03-05T08:00:00Z");
  });
});
