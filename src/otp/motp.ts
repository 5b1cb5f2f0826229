import { createHash } from "node:crypto";

/** The length of a Mobile-OTP time step, in seconds. */
const PERIOD = 10;

/** How many hexadecimal characters a Mobile-OTP passcode has. */
const DIGITS = 6;

/**
 * A Mobile-OTP passcode (mOTP): the first six hexadecimal digits of MD5 over the time step in
 * decimal, the secret in lower-case hexadecimal, and the PIN. The method prescribes MD5.
 */
function motpPasscode(input: {
  readonly secret: Uint8Array;
  /** UTF-8. */
  readonly pin: Uint8Array;
  /** Seconds since 1970 divided by {@link PERIOD}. */
  readonly step: bigint;
}): string {
  const { secret, pin, step } = input;
  const hash = createHash("md5")
    .update(String(step))
    .update(Buffer.from(secret).toString("hex"))
    .update(pin);
  return hash.digest("hex").slice(0, DIGITS);
}

/** Mobile-OTP: nothing about it can be chosen. */
export const MOTP = {
  algorithm: "MD5",
  digits: DIGITS,
  alphabet: "hexadecimal",
  period: PERIOD,
  passcode: motpPasscode,
} as const;
