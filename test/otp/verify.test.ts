import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalPasscodes, findOffset, resynchronize } from "#otp/verify.ts";
import { countersFrom, stepsAround } from "#otp/window.ts";

/** A token whose passcode simply tells its counter, so that the expected matches can be seen. */
const passcodeAt = (counter: bigint) => counter.toString().padStart(6, "0");

const LAST = 2n ** 64n - 1n;

/** {@link passcodeAt}, and the counters that it was asked for. */
function spied() {
  const asked: bigint[] = [];
  const spy = (counter: bigint) => {
    asked.push(counter);
    return passcodeAt(counter);
  };
  return { asked, spy };
}

describe("looking for an event-based passcode", () => {
  test("finds it from the expected counter to the end of the window, and nowhere else", () => {
    const at = (passcode: string) => findOffset(passcode, passcodeAt, countersFrom(100n, 5));
    expect(at("000100")).toBe(0);
    expect(at("000105")).toBe(5);
    expect(at("000099")).toBeNull();
    expect(at("000106")).toBeNull();
    expect(at("100")).toBeNull();
  });

  test("walks the whole window wherever it matches", () => {
    for (const passcode of ["000100", "000105", "999999"]) {
      const { asked, spy } = spied();
      findOffset(passcode, spy, countersFrom(100n, 5));
      expect(asked).toEqual([100n, 101n, 102n, 103n, 104n, 105n]);
    }
  });

  test("stops at the last counter there is", () => {
    const { asked, spy } = spied();
    expect(findOffset(String(LAST), spy, countersFrom(LAST - 1n, 9))).toBe(1);
    expect(asked).toEqual([LAST - 1n, LAST]);
  });
});

describe("looking for a time-based passcode", () => {
  const around50 = stepsAround(50n, 3);

  test("prefers the nearest step", () => {
    expect(findOffset("111111", () => "111111", around50)).toBe(0);
    const around = (step: bigint) => (step === 48n || step === 51n ? "111111" : "000000");
    expect(findOffset("111111", around, around50)).toBe(1);
  });

  test("takes the step ahead where one behind is as near", () => {
    const around = (step: bigint) => (step === 49n || step === 51n ? "111111" : "000000");
    expect(findOffset("111111", around, around50)).toBe(1);
  });

  test("never asks for a step before the first, nor after the last", () => {
    const [early, late] = [spied(), spied()];
    expect(findOffset("000000", early.spy, stepsAround(1n, 4))).toBe(-1);
    expect(early.asked).toEqual([1n, 2n, 0n, 3n, 4n, 5n]);
    expect(findOffset(String(LAST), late.spy, stepsAround(LAST - 1n, 3))).toBe(1);
    expect(late.asked).toEqual([LAST - 1n, LAST, LAST - 2n, LAST - 3n, LAST - 4n]);
  });

  test("asks for no step that is used up, or is not wanted yet", () => {
    const [unused, used, none] = [spied(), spied(), spied()];
    expect(findOffset("000049", unused.spy, { ...around50, from: 50n })).toBeNull();
    expect(unused.asked).toEqual([50n, 51n, 52n, 53n]);
    expect(findOffset("000049", used.spy, { ...around50, to: 49n })).toBe(-1);
    expect(used.asked).toEqual([49n, 48n, 47n]);
    expect(findOffset("000050", none.spy, { ...around50, from: 54n })).toBeNull();
    expect(none.asked).toEqual([]);
  });

  test("begins at the first step there is, whatever is wanted", () => {
    const { asked, spy } = spied();
    findOffset("", spy, { ...stepsAround(1n, 3), from: -9n, to: 2n });
    expect(asked).toEqual([1n, 2n, 0n]);
  });

  test("ends at the last step there is, whatever is wanted", () => {
    const { asked, spy } = spied();
    findOffset("", spy, { ...stepsAround(LAST - 1n, 3), from: LAST - 2n, to: LAST + 9n });
    expect(asked).toEqual([LAST - 1n, LAST, LAST - 2n]);
  });
});

describe("resynchronizing", () => {
  test("goes on after one passcode, or after two consecutive ones", () => {
    expect(
      resynchronize({ first: "000107", second: null, passcodeAt, from: 100n, window: 20 }),
    ).toBe(108n);
    expect(
      resynchronize({ first: "000107", second: "000108", passcodeAt, from: 100n, window: 20 }),
    ).toBe(109n);
  });

  test("wants the second passcode right after the first", () => {
    expect(
      resynchronize({ first: "000107", second: "000109", passcodeAt, from: 100n, window: 20 }),
    ).toBeNull();
    expect(
      resynchronize({ first: "000108", second: "000107", passcodeAt, from: 100n, window: 20 }),
    ).toBeNull();
  });

  test("goes on after the first place that fits", () => {
    const twice = (counter: bigint) => passcodeAt(counter % 10n);
    expect(
      resynchronize({ first: "000007", second: null, passcodeAt: twice, from: 100n, window: 50 }),
    ).toBe(108n);
    expect(
      resynchronize({
        first: "000007",
        second: "000008",
        passcodeAt: twice,
        from: 100n,
        window: 50,
      }),
    ).toBe(109n);
  });

  test("looks to the end of the window, and no further", () => {
    expect(
      resynchronize({ first: "000120", second: null, passcodeAt, from: 100n, window: 20 }),
    ).toBe(121n);
    expect(
      resynchronize({ first: "000121", second: null, passcodeAt, from: 100n, window: 20 }),
    ).toBeNull();
  });

  test("goes on to the last counter, after which no passcode is left", () => {
    const search = { second: null, passcodeAt, from: LAST - 3n, window: 9 };
    expect(resynchronize({ ...search, first: String(LAST - 1n) })).toBe(LAST);
    expect(resynchronize({ ...search, first: String(LAST) })).toBe(LAST + 1n);
    expect(resynchronize({ ...search, first: String(LAST - 1n), second: String(LAST) })).toBe(
      LAST + 1n,
    );
    expect(resynchronize({ ...search, from: LAST + 1n, first: String(LAST) })).toBeNull();
  });

  test("does not go back", () => {
    expect(
      resynchronize({ first: "000099", second: null, passcodeAt, from: 100n, window: 20 }),
    ).toBeNull();
  });
});

test("passcodes are equal when every character is", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equalPasscodes(a, b) === (a === b)));
  fc.assert(fc.property(fc.string(), (a) => equalPasscodes(a, a)));
});
