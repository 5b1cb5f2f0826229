import fc from "fast-check";
import { expect, test } from "vitest";
import { FobError } from "../../src/fob-error.ts";
import { type PinPolicy, USER_PIN_POLICY } from "../../src/token/pin-policy.ts";
import { formatPinPolicy, parsePinPolicy } from "../../src/token/pin-policy-text.ts";

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
  expect(parsePinPolicy("min=6, change-first")).toEqual({ ...USER_PIN_POLICY, minLength: 6, changeFirst: true });
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
])("%j is refused by name", (text, message) => {
  expect(() => parsePinPolicy(text)).toThrow(message);
});
