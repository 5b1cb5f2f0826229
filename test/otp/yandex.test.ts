import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDamagedYandexSecret, YANDEX } from "#otp/yandex.ts";
import { decodeBase32 } from "#token/base32.ts";

/** Published values, of the tests of Aegis and of KeeYaOtp: PIN, secret, time, passcode. */
const PUBLISHED = [
  ["5239", "6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY", 1_641_559_648, "umozdicq"],
  ["7586", "LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI", 1_581_064_020, "oactmacq"],
  ["7586", "LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI", 1_581_090_810, "wemdwrix"],
  ["5210481216086702", "JBGSAU4G7IEZG6OY4UAXX62JU4AAAAAAHTSG4HXU3M", 1_581_091_469, "dfrpywob"],
  ["5210481216086702", "JBGSAU4G7IEZG6OY4UAXX62JU4AAAAAAHTSG4HXU3M", 1_581_093_059, "vunyprpd"],
  ["5210481216086702", "JBGSAU4G7IEZG6OY4UAXX62JU4", 1_581_093_059, "vunyprpd"],
] as const;

/** Secrets with a right checksum. */
const WHOLE = [
  "LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI",
  "WBVVBMPOBM4EW4RRW4JBJWIJXYAAAAAADFUTQMCVBE",
  "JBGSAU4G7IEZG6OY4UAXX62JU4AAAAAAHTSG4HXU3M",
  "6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY",
];

function bytesOf(text: string): Buffer {
  const bytes = decodeBase32(text);
  if (!Buffer.isBuffer(bytes)) throw new Error("not Base32");
  return bytes;
}

describe("passcodes of Yandex", () => {
  test.each(PUBLISHED)("of PIN %s and %s at %d: %s", (pin, secret, seconds, expected) => {
    const step = BigInt(Math.floor(seconds / YANDEX.period));
    expect(YANDEX.passcode({ secret: bytesOf(secret), pin: Buffer.from(pin), step })).toBe(
      expected,
    );
  });

  test("are eight letters, of all that the secret, the PIN and the step are", () => {
    const secrets = fc.uint8Array({ minLength: 16, maxLength: 26 });
    fc.assert(
      fc.property(secrets, fc.string(), fc.bigInt(0n, 2n ** 40n), (secret, pin, step) => {
        const given = { secret, pin: Buffer.from(pin), step };
        expect(YANDEX.passcode(given)).toMatch(/^[a-z]{8}$/);
      }),
    );
  });

  test("leave out the first byte of the hash where that is zero", () => {
    const secret = Buffer.alloc(16, 7);
    const hashOf = (pin: Buffer) => createHash("sha256").update(pin).update(secret).digest();
    let number = 0;
    while (hashOf(Buffer.from(String(number)))[0] !== 0) number++;
    const pin = Buffer.from(String(number));
    const mac = createHmac("sha256", hashOf(pin).subarray(1))
      .update(Buffer.from("00000000000000ff", "hex"))
      .digest("hex");
    const offset = Number.parseInt(mac.slice(-1), 16) * 2;
    const value = BigInt(`0x${mac.slice(offset, offset + 16)}`) % 2n ** 63n;
    const letters = (value % 26n ** 8n)
      .toString(26)
      .padStart(8, "0")
      .replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)));
    expect(YANDEX.passcode({ secret, pin, step: 255n })).toBe(letters);
  });
});

describe("a secret of Yandex", () => {
  test.each(WHOLE)("%s has a checksum that tells every bit that is wrong", (text) => {
    const secret = bytesOf(text);
    expect(secret).toHaveLength(26);
    expect(isDamagedYandexSecret(secret)).toBe(false);
    const bits = Array.from({ length: 24 * 8 }, (_, i) => i);
    for (const bit of bits) {
      const damaged = Buffer.from(secret);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(isDamagedYandexSecret(damaged)).toBe(true);
    }
  });

  test("without a checksum is taken as it is", () => {
    expect(isDamagedYandexSecret(bytesOf(PUBLISHED[5][1]))).toBe(false);
  });
});
