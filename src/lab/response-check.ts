import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { sameSecret } from "#token/secret.ts";
import type { OcraToken } from "./lab-token.ts";

/** How many counters, or time steps to either side, are tried. */
const LOOK_AHEAD = 10;
const WINDOW_STEPS = 2;

/** What a response may be made from. `session` is null where the suite has none. */
export interface Respondent
  extends Pick<OcraToken, "suite" | "secret" | "counter" | "responsePin"> {
  readonly session: Buffer | null;
}

/**
 * The counter after a right response (null where the suite has none), or false for a wrong one. RFC
 * 6287 section 7: a counter is accepted once, the clocks may be off by two time steps.
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
    for (let ahead = 0n; ahead <= LOOK_AHEAD; ahead++) {
      if (matches(token.counter + ahead, unixSeconds)) return token.counter + ahead + 1n;
    }
  }
  return false;
}

function timesToTry(timeStep: number | null, now: Date): (number | null)[] {
  if (timeStep === null) return [null];
  const seconds = Math.floor(now.getTime() / 1000);
  const steps = Array.from({ length: 2 * WINDOW_STEPS + 1 }, (_, i) => i - WINDOW_STEPS);
  return steps.map((step) => seconds + step * timeStep).filter((time) => time >= 0);
}
