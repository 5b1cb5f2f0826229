import { expect, test } from "vitest";
import { findPasscode } from "#otp/find-passcode.ts";
import { hotp } from "#otp/hotp.ts";
import { countersFrom, stepsAround } from "#otp/window.ts";

const SECRET = Buffer.from("12345678901234567890");

test.each([
  ["SHA1", 10],
  ["SHA1", 2_000],
  ["SHA256", 10],
  ["SHA256", 2_000],
] as const)("a passcode of %s is found in a window of %i, small or large", (algorithm, window) => {
  const token = { secret: SECRET, algorithm, digits: 8, alphabet: "decimal" } as const;
  const at = (counter: bigint) => hotp({ ...token, counter });
  expect(findPasscode(token, at(7n), countersFrom(5n, window))).toBe(2);
  expect(findPasscode(token, at(4n), countersFrom(5n, window))).toBeNull();
  expect(findPasscode(token, at(4n), stepsAround(5n, window))).toBe(-1);
  expect(findPasscode(token, at(5n), stepsAround(5n, window))).toBe(0);
  expect(findPasscode(token, "no code", stepsAround(5n, window))).toBeNull();
});
