import type { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { lookAtEach } from "#commands/listed-tokens.ts";
import { needsNoPin } from "#token/access-domain.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/**
 * Whether a token's passcode can be made without using up a counter and without a question; `code
 * --all` leaves the others out. `isGuarded` says whether the token has a PIN now, which an index
 * entry may not know yet.
 */
export function isFree(
  token: Pick<Token, "credential" | "pin" | "accessDomain" | "confirm">,
  isGuarded = false,
): boolean {
  const isUnasked =
    token.confirm !== "always" && needsNoPin(token, isGuarded || token.pin === "user");
  return token.credential.kind === "totp" && isUnasked;
}

/** The free ones among listed tokens, and why some could not be read. */
export interface FreeTokens {
  readonly chosen: readonly Token[];
  readonly failures: readonly FobError[];
}

/** Reads the tokens that are listed as free: the index may not know yet of a PIN. */
export async function chooseFree(
  tokens: Authenticator,
  entries: readonly IndexEntry[],
  context: Pick<Context, "sleep" | "look" | "progress">,
): Promise<FreeTokens> {
  const { done, failures } = await lookAtEach(
    tokens,
    entries.filter((entry) => isFree(entry)),
    context,
  );
  const free = done.filter(({ token, isGuarded }) => isFree(token, isGuarded));
  return { chosen: free.map(({ token }) => token), failures };
}

/** The note of `code --all` about the tokens that it left out; nothing where there are none. */
export function describeLeftOut(count: number): readonly string[] {
  if (count === 0) return [];
  return [
    t`left out ${plural(count, "token")} (event-based, challenge-response or guarded by a PIN: name them)`,
  ];
}
