import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { parseTime } from "#commands/values.ts";
import { PIN_METHODS } from "#otp/pin-passcode.ts";
import type { TimeSteps } from "#otp/totp.ts";
import {
  type Credential,
  isMadeWithPin,
  type PinCredential,
  type TotpCredential,
} from "#token/credential.ts";
import type { Token } from "#token/token.ts";

/** For which time a passcode is wanted. */
export interface WantedTime {
  readonly next: boolean;
  /** A time as {@link parseTime} reads it. */
  readonly at: string | undefined;
  /** For how many seconds the passcode must be good; `whole` for a whole time step. */
  readonly minValidity: number | "whole";
}

/** How a credential cuts time into steps, or null when it does not. */
export function stepsOf(credential: TotpCredential | PinCredential): TimeSteps;
export function stepsOf(credential: Credential): TimeSteps | null;
export function stepsOf(credential: Credential): TimeSteps | null {
  if (isMadeWithPin(credential)) return { period: PIN_METHODS[credential.kind].period, t0: 0 };
  return credential.kind === "totp" ? credential : null;
}

/** How many characters the passcodes of a credential have, or null where it depends on more. */
export function digitsOf(credential: Credential): number | null {
  if (isMadeWithPin(credential)) return PIN_METHODS[credential.kind].digits;
  return credential.kind === "totp" || credential.kind === "hotp" ? credential.digits : null;
}

/** Throws FobError `usage` for a time that is wanted of a token whose passcodes have none. */
export function refuseTimesForEvents(
  { name, credential }: Token,
  { next, at }: Pick<WantedTime, "next" | "at">,
): void {
  if (stepsOf(credential) === null && (next || at !== undefined)) {
    throw new FobError(
      "usage",
      t`--next and --at are for time-based tokens, and ${name} is not one`,
    );
  }
}

/**
 * The time that is wanted. Where the passcode of now would end too soon, it waits for the next time
 * step. Throws FobError `usage`.
 */
export async function chooseTime(
  { name, credential }: Token,
  { next, at, minValidity }: WantedTime,
  context: Pick<Context, "clock" | "sleep" | "tell">,
): Promise<Date> {
  const now = context.clock();
  const steps = stepsOf(credential);
  if (steps === null) return now;
  if (at !== undefined) return parseTime(at, now);
  const { period, t0 } = steps;
  const needed = minValidity === "whole" ? period : minValidity;
  if (needed > period) {
    throw new FobError(
      "usage",
      t`${needed} s are asked for, and a passcode of ${name} is good for ${period} s only`,
      {
        hint: t("--min-validity 0 takes what there is"),
      },
    );
  }
  // the remainder of a time before t0 is negative
  const left = period - ((((now.getTime() / 1000 - t0) % period) + period) % period);
  const start = new Date(now.getTime() + Math.ceil(left * 1000));
  if (next) return start;
  if (left >= needed) return now;
  context.tell(t`waiting ${Math.ceil(left)} s for a fresh passcode`);
  await context.sleep(start.getTime() - now.getTime());
  return start;
}
