import type { Context } from "../cli/context.ts";
import type { Secret } from "../token/secret.ts";

/**
 * The PIN that is part of a Mobile-OTP passcode. Nobody stores it, so that a wrong one cannot be told from the right one. The caller
 * forgets it.
 */
export function askPasscodePin(name: string, { pinPrompt }: Context): Promise<Secret> {
  return pinPrompt.ask({ of: name, role: "passcode", refusal: null });
}
