import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hotp } from "#otp/hotp.ts";
import { findInLargeWindow, isLargeSearch, type WindowSearch } from "#otp/large-window.ts";
import { findOffset } from "#otp/verify.ts";
import { stepsAround } from "#otp/window.ts";

const SECRET = Buffer.from("12345678901234567890");
const TOKEN = { secret: SECRET, algorithm: "SHA1", alphabet: "decimal", digits: 6 } as const;
const NOWHERE = { ...TOKEN, passcode: "", origin: 0n, back: 0, ahead: 0 };

describe("a large window", () => {
  test.each("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(" "))(
    "finds the passcode %# of RFC 4226 Appendix D",
    (passcode) => {
      const offset = findInLargeWindow({ ...NOWHERE, passcode, ahead: 9 });
      expect(offset === null ? null : hotp({ ...TOKEN, counter: BigInt(offset) })).toBe(passcode);
    },
  );

  test.each([
    [59n, "94287082"],
    [1111111109n, "07081804"],
    [20000000000n, "65353130"],
  ])("finds the passcode of RFC 6238 Appendix B for the time %d", (seconds, passcode) => {
    const search = { ...NOWHERE, digits: 8, passcode, origin: seconds / 30n, back: 1, ahead: 1 };
    expect(findInLargeWindow(search)).toBe(0);
  });

  test("agrees with node:crypto, for secrets of every length and counters beyond 32 bits", () => {
    const search = fc.record({
      secret: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      digits: fc.integer({ min: 4, max: 10 }),
      origin: fc.bigInt({ min: 0n, max: 2n ** 40n }),
      distance: fc.integer({ min: -40, max: 40 }),
    });
    fc.assert(
      fc.property(search, ({ secret, digits, origin, distance }) => {
        const token = { ...TOKEN, secret, digits };
        const target = origin + BigInt(distance);
        const passcode = target < 0n ? "0".repeat(digits) : hotp({ ...token, counter: target });
        const passcodeAt = (counter: bigint) => hotp({ ...token, counter });
        const expected = findOffset(passcode, passcodeAt, stepsAround(origin, 40));
        const found = findInLargeWindow({ ...token, passcode, origin, back: 40, ahead: 40 });
        expect(found).toBe(expected);
      }),
    );
  });

  test.each([63, 64, 65])("works a key of %i bytes in as HMAC does", (length) => {
    const token = { ...TOKEN, secret: Buffer.alloc(length, "key") };
    const passcode = hotp({ ...token, counter: 7n });
    expect(findInLargeWindow({ ...NOWHERE, ...token, passcode, origin: 7n })).toBe(0);
  });

  test("takes the nearest place, ahead before back, and none before the first counter", () => {
    const passcodes = Array.from({ length: 3_000 }, (_, i) =>
      hotp({ ...TOKEN, digits: 4, counter: BigInt(i) }),
    );
    const places = (passcode: string) =>
      passcodes.flatMap((one, i) => (one === passcode ? [i] : []));
    const twice = passcodes.find((passcode, i) => i > 0 && passcodes.indexOf(passcode) < i) ?? "";
    const [first = 0, second = 0] = places(twice);
    const search = { ...NOWHERE, digits: 4, passcode: twice, back: 3_000, ahead: 3_000 };
    for (const origin of [0, first, first + 1, second - 1, second, second + 1, 2_999]) {
      const offsets = Array.from({ length: 6_001 }, (_, i) => i - 3_000).filter(
        (offset) =>
          origin + offset >= 0 &&
          hotp({ ...TOKEN, digits: 4, counter: BigInt(origin + offset) }) === twice,
      );
      const nearest = offsets.sort((a, b) => Math.abs(a) - Math.abs(b) || b - a)[0];
      expect(findInLargeWindow({ ...search, origin: BigInt(origin) })).toBe(nearest);
    }
  });

  test("begins at the counter 0: what would stand before it is not looked at", () => {
    for (const [counter, offset] of [
      [0n, -2],
      [1n, -1],
      [2n, 0],
    ] as const) {
      const passcode = hotp({ ...TOKEN, counter });
      expect(findInLargeWindow({ ...NOWHERE, passcode, origin: 2n, back: 2_000 })).toBe(offset);
    }
    // the passcodes of 2^64-1 and 2^64-2, which a counter that runs below 0 becomes
    for (const counter of [2n ** 64n - 1n, 2n ** 64n - 2n]) {
      const passcode = hotp({ ...TOKEN, counter });
      expect(findInLargeWindow({ ...NOWHERE, passcode, origin: 2n, back: 2_000 })).toBeNull();
    }
  });

  test.each(["", "75522", "7552240", "75522x", " 755224", "+55224"])(
    "has no place for %j, which is no passcode",
    (passcode) => {
      expect(findInLargeWindow({ ...NOWHERE, passcode, ahead: 2_000 })).toBe(null);
    },
  );

  test("is for SHA-1, decimal digits and counters that are exact numbers", () => {
    const large: WindowSearch = { ...NOWHERE, ahead: 1_000_000 };
    expect(isLargeSearch(large)).toBe(true);
    expect(isLargeSearch({ ...large, ahead: 10 })).toBe(false);
    expect(isLargeSearch({ ...large, algorithm: "SHA256" })).toBe(false);
    expect(isLargeSearch({ ...large, alphabet: "steam" })).toBe(false);
    expect(isLargeSearch({ ...large, origin: 2n ** 53n })).toBe(false);
    const lastOrigin = BigInt(Number.MAX_SAFE_INTEGER) - 1_000_000n;
    expect(isLargeSearch({ ...large, origin: lastOrigin })).toBe(true);
    expect(isLargeSearch({ ...large, origin: lastOrigin + 1n })).toBe(false);
  });
});
