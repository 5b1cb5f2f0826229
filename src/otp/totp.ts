import { t } from "#base/language.ts";
import { type HotpInput, hotp } from "./hotp.ts";
import { OtpError } from "./otp-error.ts";

/**
 * The time steps of a token: `period` is the length of a step and `t0` the start of step 0, both in
 * seconds (RFC 6238 section 4.1).
 */
export interface TimeSteps {
  readonly period: number;
  readonly t0: number;
}

/** A day, in seconds: no issuer uses a longer period. */
export const MAX_PERIOD = 86_400;

/** Seconds since 1970 that a first time step may begin at: until the year 9999. */
export const MAX_T0 = 253_402_300_799;

/**
 * A time-based passcode and its validity: from `validFrom` until just before `validUntil`, in
 * seconds since 1970.
 */
export interface TimedPasscode {
  readonly code: string;
  readonly validFrom: number;
  readonly validUntil: number;
}

/**
 * The number of the time step at a time (RFC 6238 section 4.2). Throws OtpError for a bad period,
 * or a time before t0.
 */
export function timeStep({
  unixSeconds,
  period,
  t0,
}: TimeSteps & { readonly unixSeconds: number }): bigint {
  if (!Number.isInteger(period) || period < 1)
    throw new OtpError("period", t`period is ${period}: at least 1 second is needed`);
  const step = Math.floor((unixSeconds - t0) / period);
  if (!Number.isSafeInteger(step) || step < 0)
    throw new OtpError("time", t`the time is before the token's first step (${t0})`);
  return BigInt(step);
}

/** The passcode for a time, and how long it is valid (RFC 6238). */
export function totp(
  input: Omit<HotpInput, "counter"> & TimeSteps & { readonly unixSeconds: number },
): TimedPasscode {
  const step = timeStep(input);
  const validFrom = input.t0 + Number(step) * input.period;
  return {
    code: hotp({ ...input, counter: step }),
    validFrom,
    validUntil: validFrom + input.period,
  };
}
