import { createHash } from "node:crypto";
import { hmac } from "./algorithm.ts";
import { counterBytes } from "./hotp.ts";

/** The length of a time step, in seconds. */
const PERIOD = 30;

/** How many letters a passcode has. */
const LETTERS = 8;

const ALPHABET_SIZE = 26n;

/** How many bytes of a secret count. What Yandex hands out may have more behind them. */
export const YANDEX_SECRET_BYTES = 16;

/** A secret with what stands behind it: who it is for, and a checksum. */
const FULL_SECRET_BYTES = 26;

/** The checksum: its last 12 bits are the remainder of all bits before them by this polynomial. */
const CHECKSUM_BITS = 12;
const POLYNOMIAL = 0b1_1000_1111_0011;

/**
 * A passcode of Yandex Key: eight letters from a to z. The key is the SHA-256 of the PIN and the
 * secret, without its first byte where that is zero. Of its HMAC-SHA-256 over the time step, eight
 * bytes count where RFC 4226 takes four.
 */
function yandexPasscode(input: {
  readonly secret: Uint8Array;
  /** UTF-8. */
  readonly pin: Uint8Array;
  readonly step: bigint;
}): string {
  const { secret, pin, step } = input;
  const hash = createHash("sha256")
    .update(pin)
    .update(secret.subarray(0, YANDEX_SECRET_BYTES))
    .digest();
  const key = hash.subarray(hash[0] === 0 ? 1 : 0);
  const mac = hmac("SHA256", key, counterBytes(step));
  hash.fill(0);
  let number = mac.readBigUInt64BE(mac.readUInt8(mac.length - 1) & 0x0f) & (2n ** 63n - 1n);
  let code = "";
  while (code.length < LETTERS) {
    code = String.fromCharCode(0x61 + Number(number % ALPHABET_SIZE)) + code;
    number /= ALPHABET_SIZE;
  }
  return code;
}

/** Yandex Key: nothing about it can be chosen. */
export const YANDEX = {
  algorithm: "SHA256",
  digits: LETTERS,
  alphabet: "lowercase",
  period: PERIOD,
  passcode: yandexPasscode,
} as const;

/** Whether a secret that carries a checksum is told by it to be damaged. */
export function isDamagedYandexSecret(secret: Uint8Array): boolean {
  if (secret.length !== FULL_SECRET_BYTES) return false;
  const given = (((secret.at(-2) ?? 0) & 0x0f) << 8) | (secret.at(-1) ?? 0);
  let remainder = 0;
  for (let i = 0; i < FULL_SECRET_BYTES * 8 - CHECKSUM_BITS; i++) {
    const bit = ((secret[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
    remainder = (remainder << 1) | bit;
    if (remainder >> CHECKSUM_BITS) remainder ^= POLYNOMIAL;
  }
  return remainder !== given;
}
