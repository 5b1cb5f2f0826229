import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIsoDate } from "../../src/token/iso-date.ts";

const date = fc.date({
  min: new Date("0001-01-01T00:00:00Z"),
  max: new Date("9999-12-31T00:00:00Z"),
  noInvalidDate: true,
});

describe("a date of ISO 8601", () => {
  test("is what JavaScript wrote", () => {
    fc.assert(
      fc.property(date, (time) => {
        expect(parseIsoDate(time.toISOString())).toEqual({ time, hasZone: true });
      }),
    );
  });

  test.each([
    ["2026-01-31", "2026-01-31T00:00:00.000Z", false],
    ["2026-01-31T12:00", "2026-01-31T12:00:00.000Z", false],
    ["2024-02-29T23:59:59.5+14:00", "2024-02-29T09:59:59.500Z", true],
    ["2026-01-31Z", "2026-01-31T00:00:00.000Z", true],
    ["2026-12-31T24:00:00-0130", "2027-01-01T01:30:00.000Z", true],
  ])("%s is %s", (text, iso, hasZone) => {
    const read = parseIsoDate(text);
    expect([read?.time.toISOString(), read?.hasZone]).toEqual([iso, hasZone]);
  });

  test.each([
    ..."foo 5|2026-02-30|2025-02-29|0000-01-01|2026-13-01|2026-00-10|2026-01-00|2026-01-31T24:00:01Z".split("|"),
    ..."2026-01-31T12:60Z|2026-01-31T12:00:60Z|2026-01-31T12:00+01|2026-01-31T12:00+15:00|2026-1-3".split("|"),
    ..."2026-01-31 12:00|2026-01-31T12Z|2026-01-31T|Jan 5 2026|+002026-01-01|2026-01-31T12:00z| 2026-01-31|".split("|"),
  ])("%j is none", (text) => expect(parseIsoDate(text)).toBeNull());

  test("without a zone is what the clocks here show, where that is wanted", () => {
    expect(parseIsoDate("2026-07-01T12:00", "local")?.time).toEqual(new Date(2026, 6, 1, 12));
  });
});
