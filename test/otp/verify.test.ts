import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalPasscodes, resynchronize, verifyCounter, verifyTime } from "#otp/verify.ts";

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

describe("verifying an event-based passcode", () => {
  test("finds it from the expected counter to the end of the window, and nowhere else", () => {
    const at = (passcode: string) => verifyCounter({ passcode, passcodeAt, from: 100n, window: 5 });
    expect(at("000100")).toEqual({ counter: 100n, offset: 0 });
    expect(at("000105")).toEqual({ counter: 105n, offset: 5 });
    expect(at("000099")).toBeNull();
    expect(at("000106")).toBeNull();
    expect(at("100")).toBeNull();
  });

  test("walks the whole window wherever it matches", () => {
    for (const passcode of ["000100", "000105", "999999"]) {
      const { asked, spy } = spied();
      verifyCounter({ passcode, passcodeAt: spy, from: 100n, window: 5 });
      expect(asked).toEqual([100n, 101n, 102n, 103n, 104n, 105n]);
    }
  });

  test("stops at the last counter there is", () => {
    const { asked, spy } = spied();
    expect(
      verifyCounter({ passcode: String(LAST), passcodeAt: spy, from: LAST - 1n, window: 9 }),
    ).toEqual({
      counter: LAST,
      offset: 1,
    });
    expect(asked).toEqual([LAST - 1n, LAST]);
  });
});

describe("verifying a time-based passcode", () => {
  test("prefers the nearest step", () => {
    const everywhere = () => "111111";
    expect(
      verifyTime({ passcode: "111111", passcodeAt: everywhere, step: 50n, window: 3 }),
    ).toEqual({
      step: 50n,
      offset: 0,
    });
    const around = (step: bigint) => (step === 48n || step === 51n ? "111111" : "000000");
    expect(verifyTime({ passcode: "111111", passcodeAt: around, step: 50n, window: 3 })).toEqual({
      step: 51n,
      offset: 1,
    });
  });

  test("looks around the known drift and counts from the clock", () => {
    const at = (passcode: string) =>
      verifyTime({ passcode, passcodeAt, step: 50n, window: 1, drift: -10 });
    expect(at("000039")).toEqual({ step: 39n, offset: -11 });
    expect(at("000041")).toEqual({ step: 41n, offset: -9 });
    expect(at("000050")).toBeNull();
  });

  test("never asks for a step before the first, nor after the last", () => {
    const [early, late] = [spied(), spied()];
    expect(
      verifyTime({ passcode: "000000", passcodeAt: early.spy, step: 1n, window: 4 }),
    ).toMatchObject({ step: 0n });
    expect(early.asked).toEqual([1n, 2n, 0n, 3n, 4n, 5n]);
    const passcode = String(LAST);
    expect(
      verifyTime({ passcode, passcodeAt: late.spy, step: LAST - 1n, window: 3 }),
    ).toMatchObject({ step: LAST });
    expect(late.asked).toEqual([LAST - 1n, LAST, LAST - 2n, LAST - 3n, LAST - 4n]);
  });

  test("takes the step ahead where one behind is as near", () => {
    const around = (step: bigint) => (step === 49n || step === 51n ? "111111" : "000000");
    expect(
      verifyTime({ passcode: "111111", passcodeAt: around, step: 50n, window: 3 })?.offset,
    ).toBe(1);
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

  test("does not go on to the last counter, which could give nothing more", () => {
    const search = { second: null, passcodeAt, from: LAST - 3n, window: 9 };
    expect(resynchronize({ ...search, first: String(LAST - 1n) })).toBe(LAST);
    expect(resynchronize({ ...search, first: String(LAST) })).toBeNull();
    expect(resynchronize({ ...search, first: String(LAST - 1n), second: String(LAST) })).toBeNull();
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
