import { HOTP, Secret } from "otpauth";
import { timeStep } from "#otp/totp.ts";
import { findOffset } from "#otp/verify.ts";
import { countersFrom, stepsAround, type Window } from "#otp/window.ts";
import type { HotpToken, TotpToken } from "./lab-token.ts";

/** How many passcodes of an event-based token may be skipped. */
const LOOK_AHEAD = 10;

/**
 * By how many time steps the device's clock may differ from its drift at the last login, in either
 * direction.
 */
const WINDOW_STEPS = 2;

/** The largest drift that is tracked, in time steps. */
const MAX_DRIFT_STEPS = 20;

/**
 * The token after it has accepted a passcode, or null when the passcode does not match. A time step
 * or counter is accepted once, and uses up all earlier ones. Passcodes are computed by the package
 * `otpauth` and not by our own code, so that each checks the other.
 */
export function usePasscode<T extends TotpToken | HotpToken>(
  token: T,
  passcode: string,
  now: Date,
): T | null;
export function usePasscode(
  token: TotpToken | HotpToken,
  passcode: string,
  now: Date,
): TotpToken | HotpToken | null {
  if (token.kind === "hotp") {
    const due = find(token, passcode, countersFrom(BigInt(token.counter), LOOK_AHEAD));
    return due === null ? null : { ...token, counter: Number(due) + 1 };
  }
  const unused = { from: BigInt(token.lastStep) + 1n };
  const step = find(token, passcode, { ...expectedSteps(token, now), ...unused });
  if (step === null) return null;
  const off = Number(step - presentStep(token, now));
  const drift = Math.max(-MAX_DRIFT_STEPS, Math.min(MAX_DRIFT_STEPS, off));
  return { ...token, lastStep: Number(step), drift };
}

/** Whether a passcode has just been used. Sending it again is a repetition, not a guess. */
export function wasUsed(token: TotpToken | HotpToken, passcode: string, now: Date): boolean {
  if (token.kind === "hotp") {
    const origin = BigInt(token.counter);
    const used = { origin, back: LOOK_AHEAD, ahead: 0, to: origin - 1n };
    return find(token, passcode, used) !== null;
  }
  const used = { to: BigInt(token.lastStep) };
  return find(token, passcode, { ...expectedSteps(token, now), ...used }) !== null;
}

/** The time steps around the expected one, which includes the known drift of the device's clock. */
function expectedSteps(token: TotpToken, now: Date): Window {
  return stepsAround(presentStep(token, now) + BigInt(token.drift), WINDOW_STEPS);
}

function presentStep({ period }: TotpToken, now: Date): bigint {
  return timeStep({ unixSeconds: now.getTime() / 1000, period, t0: 0 });
}

/** The counter or time step in a window that gives a passcode, or null. */
function find(
  { algorithm, digits, secret }: TotpToken | HotpToken,
  passcode: string,
  window: Window,
): bigint | null {
  const key = new Secret({ buffer: new Uint8Array(secret).buffer });
  const passcodeAt = (counter: bigint) =>
    HOTP.generate({ secret: key, algorithm, digits, counter: Number(counter) });
  const offset = findOffset(passcode, passcodeAt, window);
  return offset === null ? null : window.origin + BigInt(offset);
}
