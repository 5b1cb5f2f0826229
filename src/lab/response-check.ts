import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { timeStep } from "#otp/totp.ts";
import { countersFrom, offsetsIn, stepsAround } from "#otp/window.ts";
import { sameSecret } from "#token/secret.ts";
import type { OcraToken } from "./lab-token.ts";

/** How many counters ahead, and how many time steps in either direction, are tried. */
const LOOK_AHEAD = 10;
const WINDOW_STEPS = 2;

/** The inputs of a response. `session` is null when the suite has none. */
export interface Respondent
  extends Pick<OcraToken, "suite" | "secret" | "counter" | "responsePin"> {
  readonly session: Buffer | null;
}

/**
 * Checks a response: returns the next counter after a right one (null when the suite has none), or
 * false. RFC 6287 section 7: a counter is accepted once; clocks may differ by two time steps.
 */
export function acceptResponse(
  token: Respondent,
  question: string,
  response: string,
  now: Date,
): bigint | null | false {
  const suite = parseOcraSuite(token.suite);
  const matches = (counter: bigint | null, unixSeconds: number | null) => {
    const { secret, responsePin: pin, session } = token;
    const expected = ocra({
      suite,
      secret,
      challenge: [question],
      counter,
      pin,
      session,
      unixSeconds,
    });
    return sameSecret(Buffer.from(expected), Buffer.from(response));
  };
  for (const unixSeconds of timesToTry(suite.timeStep, now)) {
    if (token.counter === null) {
      if (matches(null, unixSeconds)) return null;
      continue;
    }
    for (const offset of offsetsIn(countersFrom(token.counter, LOOK_AHEAD))) {
      const counter = token.counter + BigInt(offset);
      if (matches(counter, unixSeconds)) return counter + 1n;
    }
  }
  return false;
}

function timesToTry(period: number | null, now: Date): (number | null)[] {
  if (period === null) return [null];
  const unixSeconds = now.getTime() / 1000;
  const steps = stepsAround(timeStep({ unixSeconds, period, t0: 0 }), WINDOW_STEPS);
  return [...offsetsIn(steps)].map((offset) => unixSeconds + offset * period);
}
