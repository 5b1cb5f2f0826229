import { describe, expect, test } from "vitest";
import { hotp } from "#otp/hotp.ts";
import { findInLargeWindow, isLargeSearch } from "#otp/large-window.ts";
import { findOffset, resynchronize } from "#otp/verify.ts";
import { countersFrom, stepsAround } from "#otp/window.ts";

/** A token whose passcode simply tells its counter, and the counters that it was asked for. */
function spied(passcodeAt = (counter: bigint) => counter.toString().padStart(6, "0")) {
  const asked: bigint[] = [];
  const spy = (counter: bigint) => {
    asked.push(counter);
    return passcodeAt(counter);
  };
  return { asked, passcodeAt: spy };
}

describe("a window", () => {
  test("of counters gives the first of several that match", () => {
    const { passcodeAt } = spied(() => "1");
    expect(findOffset("1", passcodeAt, countersFrom(7n, 3))).toBe(0);
  });

  test("of time steps is walked from the nearest on", () => {
    const { asked, passcodeAt } = spied();
    findOffset("000047", passcodeAt, stepsAround(50n, 3));
    expect(asked).toEqual([50n, 51n, 49n, 52n, 48n, 53n, 47n]);
  });

  test("of time steps holds the first one there is", () => {
    const { passcodeAt } = spied();
    expect(findOffset("000000", passcodeAt, stepsAround(2n, 2))).toBe(-2);
  });

  test("of a resynchronization ends where it says", () => {
    const search = { passcodeAt: spied().passcodeAt, from: 100n, window: 20 };
    expect(resynchronize({ ...search, first: "000120", second: null })).toBe(121n);
    expect(resynchronize({ ...search, first: "000121", second: null })).toBeNull();
    expect(resynchronize({ ...search, first: "000120", second: "000121" })).toBeNull();
  });

  test("of a resynchronization is walked whole, and gives the first place that fits", () => {
    const { asked, passcodeAt } = spied(() => "111111");
    const search = { passcodeAt, from: 5n, window: 3 };
    expect(resynchronize({ ...search, first: "111111", second: null })).toBe(6n);
    expect(resynchronize({ ...search, first: "111111", second: "111111" })).toBe(7n);
    expect(asked).toEqual([5n, 6n, 7n, 8n, 5n, 6n, 7n, 8n]);
  });
});

describe("a large window", () => {
  const TOKEN = {
    secret: Buffer.from("12345678901234567890"),
    algorithm: "SHA1",
    alphabet: "decimal",
    digits: 10,
  } as const;
  const NOWHERE = { ...TOKEN, passcode: "", origin: 0n, back: 0, ahead: 0 };

  test("is one of 1,000 counters or more, before and after the origin together", () => {
    expect(isLargeSearch({ ...NOWHERE, back: 500, ahead: 500 })).toBe(true);
    expect(isLargeSearch({ ...NOWHERE, back: 500, ahead: 499 })).toBe(false);
  });

  test("reaches the last counter that is an exact number", () => {
    const last = BigInt(Number.MAX_SAFE_INTEGER);
    const passcode = hotp({ ...TOKEN, counter: last });
    expect(findInLargeWindow({ ...NOWHERE, passcode, origin: last - 3n, ahead: 3 })).toBe(3);
  });

  test.each([1, 63, 64, 65, 128])("works with a secret of %d bytes as HMAC does", (length) => {
    const token = { ...TOKEN, secret: Buffer.alloc(length, 0xa5) };
    const passcode = hotp({ ...token, counter: 1n });
    expect(findInLargeWindow({ ...NOWHERE, ...token, passcode, ahead: 2 })).toBe(1);
  });

  test("has the sides that it is given", () => {
    const passcode = hotp({ ...TOKEN, counter: 50n });
    const at = (origin: bigint, back: number, ahead: number) =>
      findInLargeWindow({ ...NOWHERE, passcode, origin, back, ahead });
    expect([at(60n, 10, 0), at(60n, 9, 20), at(40n, 0, 10), at(40n, 20, 9)]).toEqual([
      -10,
      null,
      10,
      null,
    ]);
  });

  test("prefers what is ahead where both sides are as near", () => {
    const token = { ...TOKEN, digits: 4 };
    const passcodeAt = (counter: bigint) => hotp({ ...token, counter });
    const seen = new Map<string, bigint>();
    // two counters of one passcode, whose middle is a counter as well
    const isTwin = (counter: bigint) =>
      (counter - (seen.get(passcodeAt(counter)) ?? counter - 1n)) % 2n === 0n;
    let later = 0n;
    for (; !isTwin(later); later++) seen.set(passcodeAt(later), later);
    const passcode = passcodeAt(later);
    const earlier = seen.get(passcode) ?? 0n;
    const [origin, distance] = [(later + earlier) / 2n, Number(later - earlier) / 2];
    const nearest = findOffset(passcode, passcodeAt, stepsAround(origin, distance));
    const found = findInLargeWindow({
      ...token,
      passcode,
      origin,
      back: distance,
      ahead: distance,
    });
    expect(found).toBe(nearest);
    expect(Math.abs(found ?? 0)).toBeLessThanOrEqual(distance);
  });

  test("has no place for what is no passcode, whatever passcodes stand in it", () => {
    const token = { ...NOWHERE, digits: 4, ahead: 30_000 };
    for (const passcode of ["0000", "0001"])
      expect(findInLargeWindow({ ...token, passcode })).not.toBeNull();
    for (const passcode of ["", "0", "1", "-1", "x", "00001"]) {
      expect(findInLargeWindow({ ...token, passcode })).toBeNull();
    }
  });

  test("needs a secret", () => {
    expect(() =>
      findInLargeWindow({ ...NOWHERE, secret: Buffer.alloc(0), passcode: "7552240000" }),
    ).toThrow(expect.objectContaining({ name: "OtpError", parameter: "secret" }));
  });
});
