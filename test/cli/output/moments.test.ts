import { afterEach, describe, expect, test, vi } from "vitest";
import { formatMoment } from "#cli/output/moments.ts";

const NOW = new Date("2026-01-31T12:00:00.500Z");
const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

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
    [DAY, "tomorrow"],
    [29 * DAY, "in 29 days"],
    [31 * DAY, "next month"],
    [-400 * DAY, "last year"],
    [-800 * DAY, "2 years ago"],
  ])("%i ms from now is %j", (milliseconds, words) => {
    expect(atTerminal(milliseconds)).toMatch(new RegExp(` \\(${words}\\)$`));
  });
});
