import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import * as OTPAuth from "otpauth";
import { describe, expect, test } from "vitest";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { ALPHABETS } from "#otp/alphabet.ts";
import { hotp } from "#otp/hotp.ts";
import { MOTP } from "#otp/motp.ts";
import { timeStep, totp } from "#otp/totp.ts";

const SECRET = Buffer.from("12345678901234567890");
const base = {
  secret: SECRET,
  counter: 0n,
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
} as const;

/** What an implementation from another hand makes of the same numbers. */
const secrets = fc.uint8Array({ minLength: 1, maxLength: 128 });
const algorithms = fc.constantFrom(...HASH_ALGORITHMS);
const digits = fc.integer({ min: 6, max: 10 });

describe("event-based passcodes", () => {
  test("agree with the otpauth package for every algorithm and length", () => {
    fc.assert(
      fc.property(
        secrets,
        algorithms,
        digits,
        fc.maxSafeNat(),
        (secret, algorithm, digits, counter) => {
          const other = new OTPAuth.HOTP({
            secret: new OTPAuth.Secret({ buffer: secret.slice().buffer }),
            algorithm,
            digits,
          });
          const ours = hotp({
            secret,
            algorithm,
            digits,
            counter: BigInt(counter),
            alphabet: "decimal",
          });
          expect(ours).toBe(other.generate({ counter }));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("follow the counter beyond 2^53, up to its last value", () => {
    for (const counter of [2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
      const message = Buffer.from(counter.toString(16).padStart(16, "0"), "hex");
      const mac = createHmac("sha1", SECRET).update(message).digest();
      const offset = (mac[19] ?? 0) % 16;
      const number = BigInt(`0x${mac.subarray(offset, offset + 4).toString("hex")}`) % 2n ** 31n;
      expect(hotp({ ...base, counter })).toBe((number % 1_000_000n).toString().padStart(6, "0"));
    }
    expect(hotp({ ...base, counter: 2n ** 53n + 1n })).not.toBe(
      hotp({ ...base, counter: 2n ** 53n }),
    );
  });

  test("have the wanted length and only the alphabet's characters", () => {
    const alphabets = fc.constantFrom(...(Object.keys(ALPHABETS) as (keyof typeof ALPHABETS)[]));
    fc.assert(
      fc.property(
        secrets,
        alphabets,
        fc.integer({ min: 4, max: 10 }),
        fc.bigInt(0n, 2n ** 64n - 1n),
        (secret, alphabet, digits, counter) => {
          const code = hotp({ secret, algorithm: "SHA256", digits, counter, alphabet });
          expect(code).toHaveLength(digits);
          for (const character of code) expect(ALPHABETS[alphabet]).toContain(character);
        },
      ),
    );
  });

  test("in our own alphabets are the bytes of the HMAC from the offset on, around its end", () => {
    const beyondItsEnd = new Set<boolean>();
    for (let counter = 0n; counter < 50n; counter++) {
      const message = Buffer.from(counter.toString(16).padStart(16, "0"), "hex");
      const mac = createHmac("sha1", SECRET).update(message).digest();
      const offset = (mac[19] ?? 0) % 16;
      const bytes = [...mac, ...mac].slice(offset, offset + 10);
      beyondItsEnd.add(offset + 10 > mac.length);
      for (const [alphabet, size] of [
        ["hexadecimal", 16],
        ["base32", 32],
        ["base64", 64],
      ] as const) {
        const expected = bytes.map((byte) => ALPHABETS[alphabet][byte % size]).join("");
        expect(hotp({ ...base, counter, digits: 10, alphabet })).toBe(expected);
      }
    }
    expect(beyondItsEnd.size).toBe(2);
  });

  test.each(Object.entries(ALPHABETS))(
    "have different characters in the alphabet %s",
    (_, characters) => {
      expect(new Set(characters).size).toBe(characters.length);
    },
  );

  test("use every character of an alphabet about equally often", () => {
    const seen = new Map<string, number>();
    for (let counter = 0n; counter < 4_000n; counter++) {
      for (const character of hotp({ ...base, counter, digits: 8, alphabet: "base64" })) {
        seen.set(character, (seen.get(character) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(64);
    for (const count of seen.values()) expect(Math.abs(count - 500)).toBeLessThan(150);
  });

  test.each([
    ["secret", { ...base, secret: Buffer.alloc(0) }],
    ["counter", { ...base, counter: -1n }],
    ["counter", { ...base, counter: 2n ** 64n }],
    ["digits", { ...base, digits: 3 }],
    ["digits", { ...base, digits: 11 }],
    ["digits", { ...base, digits: 6.5 }],
    ["digits", { ...base, digits: Number.NaN }],
  ])("refuse a bad %s by name", (parameter, input) => {
    expect(() => hotp(input)).toThrow(expect.objectContaining({ name: "OtpError", parameter }));
  });
});

describe("Mobile-OTP passcodes", () => {
  test("are six hexadecimal digits of MD5 over step, secret and PIN as text", () => {
    const secret = Buffer.from("7ac61d4736f51a2b", "hex");
    const expected = createHash("md5")
      .update("1296000007ac61d4736f51a2b7391ä")
      .digest("hex")
      .slice(0, 6);
    expect(MOTP.passcode({ secret, pin: Buffer.from("7391ä"), step: 129_600_000n })).toBe(expected);
    expect(MOTP.period).toBe(10);
  });
});

describe("time-based passcodes", () => {
  test("agree with the otpauth package for every algorithm, length and period", () => {
    const times = fc.integer({ min: 0, max: 4_102_444_800 });
    fc.assert(
      fc.property(
        secrets,
        algorithms,
        digits,
        fc.integer({ min: 15, max: 120 }),
        times,
        (secret, algorithm, digits, period, time) => {
          const other = new OTPAuth.TOTP({
            secret: new OTPAuth.Secret({ buffer: secret.slice().buffer }),
            algorithm,
            digits,
            period,
          });
          const ours = totp({
            secret,
            algorithm,
            digits,
            period,
            t0: 0,
            unixSeconds: time,
            alphabet: "decimal",
          });
          expect(ours.code).toBe(other.generate({ timestamp: time * 1000 }));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("are those of Steam Guard in its alphabet", () => {
    const secret = Buffer.from("zvIayp3JPvtvX/QGHqsqKBk/44s=", "base64");
    const { code } = totp({
      secret,
      algorithm: "SHA1",
      digits: 5,
      period: 30,
      t0: 0,
      unixSeconds: 1_616_374_841,
      alphabet: "steam",
    });
    expect(code).toMatch(/^[2-9BCDFGHJKMNPQRTVWXY]{5}$/);
    expect(code).toBe(steamReference(secret, 1_616_374_841));
  });

  test("count their steps from t0", () => {
    expect(timeStep({ unixSeconds: 10, period: 30, t0: 10 })).toBe(0n);
    expect(timeStep({ unixSeconds: 7, period: 1, t0: 0 })).toBe(7n);
    expect(timeStep({ unixSeconds: 100.9, period: 30, t0: 10 })).toBe(3n);
    expect(timeStep({ unixSeconds: 99.9, period: 30, t0: 10 })).toBe(2n);
    expect(totp({ ...base, period: 30, t0: 10, unixSeconds: 99.9 })).toMatchObject({
      validFrom: 70,
      validUntil: 100,
    });
  });

  test.each([
    ["period", { unixSeconds: 1, period: 0, t0: 0 }],
    ["period", { unixSeconds: 1, period: -30, t0: 0 }],
    ["time", { unixSeconds: Number.POSITIVE_INFINITY, period: 30, t0: 0 }],
    ["time", { unixSeconds: 2 ** 60, period: 1, t0: 0 }],
    ["period", { unixSeconds: 1, period: 1.5, t0: 0 }],
    ["time", { unixSeconds: 9, period: 30, t0: 10 }],
    ["time", { unixSeconds: Number.NaN, period: 30, t0: 0 }],
  ])("refuse a bad %s by name", (parameter, input) => {
    expect(() => timeStep(input)).toThrow(expect.objectContaining({ name: "OtpError", parameter }));
  });
});

/** Steam Guard as its reimplementations write it down: five times the remainder by 26. */
function steamReference(secret: Buffer, time: number): string {
  const message = Buffer.alloc(8);
  message.writeUInt32BE(Math.floor(time / 30), 4);
  const mac = createHmac("sha1", secret).update(message).digest();
  let number = mac.readUInt32BE((mac[19] ?? 0) % 16) % 2 ** 31;
  let code = "";
  while (code.length < 5) {
    code += "23456789BCDFGHJKMNPQRTVWXY"[number % 26];
    number = (number - (number % 26)) / 26;
  }
  return code;
}
