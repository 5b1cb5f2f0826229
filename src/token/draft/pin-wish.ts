import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { UserPin } from "./parsed-token.ts";
import type { Parameters } from "./uri-parameters.ts";

/** What a flag of privacyIDEA can say for yes. */
export const YES = /^(?:true|1|yes)$/i;

const UNLOCKS = /^(?:pin|biometric|any)$/;

/**
 * The PIN that an issuer wants when its app is to be unlocked for every use of a token: privacyIDEA
 * writes `pin=True` or `app_force_unlock`. Null where it wants none.
 */
export function readPinWish(parameters: Parameters): UserPin | null {
  const pin = parameters.read("pin", "force_app_pin");
  const unlock = parameters.read("app_force_unlock")?.toLowerCase() ?? null;
  if (pin !== null) parameters.note("pin", String(YES.test(pin)), "given");
  if (unlock !== null) parameters.note("app_force_unlock", unlock, "given");
  const isWanted = (pin !== null && YES.test(pin)) || (unlock !== null && UNLOCKS.test(unlock));
  if (!isWanted) return null;
  return {
    type: "user",
    policy: { ...USER_PIN_POLICY, required: true, biometric: unlock !== "pin" },
  };
}
