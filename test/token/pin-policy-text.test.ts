import fc from "fast-check";
import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { formatPinPolicy, parsePinPolicy } from "#token/pin-policy-text.ts";

const policies: fc.Arbitrary<PinPolicy> = fc.record({
  minLength: fc.integer({ min: 1, max: 8 }),
  maxLength: fc.integer({ min: 8, max: 128 }),
  alphabet: fc.constantFrom("any", "numeric", "alphanumeric"),
  refuseTrivial: fc.boolean(),
  attempts: fc.integer({ min: 1, max: 9_999 }),
  atLimit: fc.constantFrom("lock", "wipe"),
  history: fc.integer({ min: 0, max: 24 }),
  expiryDays: fc.option(fc.integer({ min: 1, max: 3_650 })),
  changeFirst: fc.boolean(),
  biometric: fc.boolean(),
  required: fc.constant(false),
});

test("a policy survives being written and read", () => {
  fc.assert(
    fc.property(policies, (policy) => {
      expect(parsePinPolicy(formatPinPolicy(policy))).toEqual(policy);
    }),
  );
});

test("any text is a policy or a clear refusal", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parsePinPolicy(text);
      } catch (error) {
        expect(error).toBeInstanceOf(FobError);
        expect(error).toMatchObject({ code: "invalid" });
      }
    }),
  );
});

test("what is not named is as for PINs that users choose", () => {
  expect(parsePinPolicy("min=6, change-first")).toEqual({
    ...USER_PIN_POLICY,
    minLength: 6,
    changeFirst: true,
  });
});

test.each([
  ["min=0", 'min is "0": 1 to 128 are possible'],
  ["min=8,max=4", "max is smaller than min"],
  ["at-limit=explode", 'at-limit is "explode": lock, wipe are possible'],
  ["attempts", 'attempts is "yes": 1 to 9999 are possible'],
  ["constructor=1", '"constructor" is no rule'],
  ["min=4,min=5", "min is given twice"],
  ["change-first,min=4, change-first=yes", "change-first is given twice"],
  ["", '"" is no rule'],
  ["min=129", 'min is "129": 1 to 128 are possible'],
  ["max=0", 'max is "0": 1 to 128 are possible'],
  ["max=129", 'max is "129": 1 to 128 are possible'],
  ["attempts=0", 'attempts is "0": 1 to 9999 are possible'],
  ["attempts=10000", 'attempts is "10000": 1 to 9999 are possible'],
  ["history=25", 'history is "25": 0 to 24 are possible'],
  ["days=0", 'days is "0": 1 to 3650 are possible'],
  ["days=3651", 'days is "3651": 1 to 3650 are possible'],
  ["min=x4", 'min is "x4"'],
  ["min=4x", 'min is "4x"'],
  ["min=", 'min is ""'],
  ["min=4=9", '"min=4=9" has more than one value'],
  ["alphabet=letters", 'alphabet is "letters": any, numeric, alphanumeric are possible'],
  ["biometric=maybe", 'biometric is "maybe": yes, no are possible'],
  ["min=6,", '"" is no rule'],
  [`${"x".repeat(41)}=1`, `"${"x".repeat(40)}" is no rule`],
])("%j is refused by name", (text, message) => {
  expect(() => parsePinPolicy(text)).toThrow(message);
  expect(() => parsePinPolicy(text)).toThrow(/^the PIN policy is wrong: /);
});

test("the limits of every rule are possible, and so are equal lengths", () => {
  expect(parsePinPolicy("min=1,max=1,attempts=1,history=0,days=1")).toMatchObject({
    minLength: 1,
    maxLength: 1,
  });
  expect(parsePinPolicy("min=128,max=128,attempts=9999,history=24,days=3650")).toMatchObject({
    attempts: 9_999,
    history: 24,
    expiryDays: 3_650,
  });
});

test("a flag is set by its name alone, and by its words", () => {
  const { changeFirst, refuseTrivial, biometric } = parsePinPolicy(
    "change-first=no, trivial=yes, biometric=no",
  );
  expect([changeFirst, refuseTrivial, biometric]).toEqual([false, false, false]);
  expect(parsePinPolicy("trivial=no").refuseTrivial).toBe(true);
  expect(parsePinPolicy("min= 6 ").minLength).toBe(6);
});

test("only what differs from the usual is written, and the attempts", () => {
  expect(formatPinPolicy(USER_PIN_POLICY)).toBe("attempts=10");
  expect(
    formatPinPolicy({
      ...USER_PIN_POLICY,
      changeFirst: true,
      refuseTrivial: false,
      biometric: false,
    }),
  ).toBe("attempts=10,change-first,trivial,biometric=no");
});
