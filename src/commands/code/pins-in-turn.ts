import { isMadeWithPin } from "#token/credential.ts";
import type { Token } from "#token/token.ts";
import { askingBefore, type PinPrompt } from "#vault/pins/pin-prompt.ts";

/**
 * Where the PINs for the passcodes of these tokens come from, to be asked for each in turn: the
 * prompt then knows how many PINs are asked for after its own, those of servers included where they
 * are wanted.
 */
export function pinsInTurn(
  tokens: readonly Token[],
  prompt: PinPrompt,
  withServerPin = false,
): (token: Token) => PinPrompt {
  let later = tokens.reduce((sum, token) => sum + pinsOf(token, withServerPin), 0);
  return (token) => {
    later -= pinsOf(token, withServerPin);
    return askingBefore(later, prompt);
  };
}

/** How many PINs a passcode is made with. */
function pinsOf({ pin, credential }: Token, withServerPin: boolean): number {
  const isAsked = pin === "user" || (withServerPin && pin === "server");
  return (isAsked ? 1 : 0) + (isMadeWithPin(credential) ? 1 : 0);
}
