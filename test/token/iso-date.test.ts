import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { parseIsoDate } from "#token/iso-date.ts";

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
    ["2026-12-31T24:00", "2027-01-01T00:00:00.000Z", false],
    ["2026-01-31T23:59:59.999999999Z", "2026-01-31T23:59:59.999Z", true],
    ["2026-01-31T00:00:00,25Z", "2026-01-31T00:00:00.250Z", true],
    ["2026-01-31T01:02:03.004-14:00", "2026-01-31T15:02:03.004Z", true],
    ["2026-01-31T12:00+00:59", "2026-01-31T11:01:00.000Z", true],
    ["2026-01-01+02:00", "2025-12-31T22:00:00.000Z", true],
    ["2000-02-29", "2000-02-29T00:00:00.000Z", false],
    ["0001-01-01", "0001-01-01T00:00:00.000Z", false],
    ["2026-12-01", "2026-12-01T00:00:00.000Z", false],
    ["2026-04-30", "2026-04-30T00:00:00.000Z", false],
  ])("%s is %s", (text, iso, hasZone) => {
    const read = parseIsoDate(text);
    expect([read?.time.toISOString(), read?.hasZone]).toEqual([iso, hasZone]);
  });

  test.each([
    ..."foo 5|2026-02-30|2025-02-29|0000-01-01|2026-13-01|2026-00-10|2026-01-00|2026-01-31T24:00:01Z".split(
      "|",
    ),
    ..."1900-02-29|2100-02-29|2026-01-32|2026-04-31|2026-06-31|2026-09-31|2026-11-31|2026-02-29|2026-00-01".split(
      "|",
    ),
    ..."2026-01-31T24:01Z|2026-01-31T24:00:00.001Z|2026-01-31T25:00Z|2026-01-31T12:00+14:01".split(
      "|",
    ),
    ..."2026-01-31T12:00-14:01|2026-01-31T12:00+01:60|2026-01-31T12:00+0100Z|2026-01-31T12:00ZZ".split(
      "|",
    ),
    ..."2026-01-31T12:00 +01:00|2026-01-31T12:00x+01:00|x2026-01-31|xxx2026-01-12:00|2026-01-311|2026-011-31".split(
      "|",
    ),
    ..."2026-01-31T12:00:00.Z|2026-01-31T12:00:00.1234567890Z|2026-01-31T12:0Z|2026-01-31xT12:00Z".split(
      "|",
    ),
    `2026-01-31T12:00:00.${"0".repeat(60)}`,
    ..."2026-01-31T12:60Z|2026-01-31T12:00:60Z|2026-01-31T12:00+01|2026-01-31T12:00+15:00|2026-1-3".split(
      "|",
    ),
    ..."2026-01-31 12:00|2026-01-31T12Z|2026-01-31T|Jan 5 2026|+002026-01-01|2026-01-31T12:00z| 2026-01-31|".split(
      "|",
    ),
  ])("%j is none", (text) => expect(parseIsoDate(text)).toBeNull());

  test("without a zone is what the clocks here show, where that is wanted", () => {
    expect(parseIsoDate("2026-07-01T12:00", "local")?.time).toEqual(new Date(2026, 6, 1, 12));
  });

  describe.each(["America/New_York", "Asia/Kolkata", "UTC"])("where the zone is %s", (zone) => {
    beforeEach(() => vi.stubEnv("TZ", zone));
    afterEach(() => vi.unstubAllEnvs());

    test.each(["2026-01-31T23:58:57.123", "2026-07-01", "2024-02-29T00:00", "2026-12-31T24:00"])(
      "%s is what its clocks show",
      (text) => {
        const read = parseIsoDate(text, "local")?.time ?? new Date(Number.NaN);
        const [date = "", clock = "00:00"] =
          text === "2026-12-31T24:00" ? ["2027-01-01"] : text.split("T");
        const [year, month, day] = [read.getFullYear(), read.getMonth() + 1, read.getDate()];
        expect([year, month, day]).toEqual(date.split("-").map(Number));
        const [hours, minutes, seconds = 0] = clock.split(":").map(Number);
        expect([
          read.getHours(),
          read.getMinutes(),
          read.getSeconds() + read.getMilliseconds() / 1000,
        ]).toEqual([hours, minutes, seconds]);
        expect(parseIsoDate(`${text}+02:00`, "local")).toEqual(parseIsoDate(`${text}+02:00`));
      },
    );
  });
});
