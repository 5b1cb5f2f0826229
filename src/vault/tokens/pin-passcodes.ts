import { PIN_METHODS } from "#otp/pin-passcode.ts";
import { timeStep } from "#otp/totp.ts";
import type { Secret } from "#token/secret.ts";
import type { PasscodeWithPin } from "./passcodes.ts";

/**
 * Makes passcodes that this PIN is part of. A file of its own: the fast path, where nobody is asked
 * for a PIN, does not hold it.
 */
export function passcodesWith(pin: Secret): PasscodeWithPin {
  return ({ kind }, secret, time) => {
    const { period, passcode } = PIN_METHODS[kind];
    const step = timeStep({ unixSeconds: time.getTime() / 1000, period, t0: 0 });
    const validFrom = new Date(Number(step) * period * 1000);
    const validUntil = new Date(validFrom.getTime() + period * 1000);
    return { kind, code: passcode({ secret, pin, step }), validFrom, validUntil };
  };
}
