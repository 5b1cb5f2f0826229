import { HOTP, Secret } from "otpauth";
import { sameSecret } from "#token/secret.ts";
import type { HotpToken, TotpToken } from "./lab-token.ts";

/** How many passcodes of an event-based token may have been made and not used. */
const LOOK_AHEAD = 10;

/**
 * By how many time steps a device's clock may be off from where it was at its last login, to either
 * side.
 */
const WINDOW_STEPS = 2;

/** A clock that drifted further than this, in time steps, is wrong and not followed. */
const MAX_DRIFT_STEPS = 20;

/**
 * The token after a passcode was used, or null when it is not one of those that are due. A time
 * step or counter is accepted once, and with it all before it are used up. Computed by the package
 * `otpauth`, not by our own code, so that each checks the other.
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
    const counter = candidates(token.counter, token.counter + LOOK_AHEAD).find((at) =>
      isPasscode(token, at, passcode),
    );
    return counter === undefined ? null : { ...token, counter: counter + 1 };
  }
  const present = Math.floor(now.getTime() / 1000 / token.period);
  const expected = present + token.drift;
  const first = Math.max(token.lastStep + 1, expected - WINDOW_STEPS);
  const step = candidates(first, expected + WINDOW_STEPS).find((at) =>
    isPasscode(token, at, passcode),
  );
  if (step === undefined) return null;
  const drift = Math.max(-MAX_DRIFT_STEPS, Math.min(MAX_DRIFT_STEPS, step - present));
  return { ...token, lastStep: step, drift };
}

/**
 * Whether a passcode was valid a moment ago and is used up. Giving it again is a repetition, not a
 * guess.
 */
export function wasUsed(token: TotpToken | HotpToken, passcode: string, now: Date): boolean {
  if (token.kind === "hotp") {
    return candidates(token.counter - LOOK_AHEAD, token.counter - 1).some((at) =>
      isPasscode(token, at, passcode),
    );
  }
  const expected = Math.floor(now.getTime() / 1000 / token.period) + token.drift;
  const last = Math.min(token.lastStep, expected + WINDOW_STEPS);
  return candidates(expected - WINDOW_STEPS, last).some((at) => isPasscode(token, at, passcode));
}

function candidates(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i).filter(
    (at) => at >= 0,
  );
}

function isPasscode(
  { algorithm, digits, secret }: TotpToken | HotpToken,
  counter: number,
  passcode: string,
): boolean {
  const key = new Secret({ buffer: new Uint8Array(secret).buffer });
  const expected = HOTP.generate({ secret: key, algorithm, digits, counter });
  return sameSecret(Buffer.from(expected), Buffer.from(passcode));
}
