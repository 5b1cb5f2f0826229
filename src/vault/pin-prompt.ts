import { FobError } from "../fob-error.ts";
import { judgePin, type PinPolicy } from "../token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "../token/secret.ts";

/** Which PIN is wanted, for the words of the prompt. `of` is a token's name, or null for the app PIN. */
export interface PinRequest {
  readonly of: string | null;
  readonly role: "current" | "new" | "repeat" | "challenge";
  /** Why the last answer was not accepted, when the question is asked again. */
  readonly refusal: FobError | null;
}

/** Where PINs come from: a person at a terminal, a file, a descriptor or the environment. */
export interface PinPrompt {
  /**
   * The PIN as UTF-8 bytes. Throws FobError `locked` when there is nobody and nothing to ask, and the request's refusal
   * when asking again makes no sense.
   */
  ask(request: PinRequest): Promise<Secret>;

  /** Whether a person types the answers, who may mistype a new PIN and must repeat it. */
  readonly interactive: boolean;
}

/** Asks until `check` accepts the PIN; a FobError `denied` or `invalid` from it is shown with the next question. */
export async function askUntil<T>(
  prompt: PinPrompt,
  request: Omit<PinRequest, "refusal">,
  check: (pin: Secret) => Promise<T>,
): Promise<T> {
  let refusal: FobError | null = null;
  for (;;) {
    const pin = await prompt.ask({ ...request, refusal });
    try {
      return await check(pin);
    } catch (error) {
      if (!(error instanceof FobError) || (error.code !== "denied" && error.code !== "invalid")) throw error;
      refusal = error;
    } finally {
      forget(pin);
    }
  }
}

/** Asks for a new PIN that `policy` accepts, twice where a person types it. The caller forgets it. */
export function askNewPin(prompt: PinPrompt, of: string | null, policy: PinPolicy): Promise<Secret> {
  return askUntil(prompt, { of, role: "new" }, async (pin) => {
    refuseBadPin(pin, policy);
    if (prompt.interactive) {
      const again = await prompt.ask({ of, role: "repeat", refusal: null });
      const same = sameSecret(pin, again);
      forget(again);
      if (!same) throw new FobError("invalid", "the two PINs differ");
    }
    return Buffer.from(pin);
  });
}

/** Throws FobError `invalid` naming the rule that a new PIN breaks. */
function refuseBadPin(pin: Secret, policy: PinPolicy): void {
  const violation = judgePin(pin.toString("utf8"), policy);
  if (violation) throw new FobError("invalid", `this PIN is refused (${violation.rule}): ${violation.message}`);
}
