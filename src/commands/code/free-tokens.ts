import type { FobError } from "#base/fob-error.ts";
import { plural, type Texts, t, translated } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { lookAtEach } from "#commands/listed-tokens.ts";
import { ACCESS, needsNoPin } from "#token/access-domain.ts";
import type { Credential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";
import { isUnasked } from "#vault/pins/approval.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/** Why no passcode of a token is made unless the token is named. */
export type Obstacle = "counter" | "list" | "challenge" | "push" | "PIN" | "question" | "domain";

/** The words for the tokens with an obstacle, in the order in which they are said. */
const WORDS: Texts & Readonly<Record<Obstacle, string>> = {
  counter: "event-based",
  list: "lists of one-time passwords",
  challenge: "challenge-response",
  push: "push approval",
  PIN: "guarded by a PIN",
  question: "used only after a question",
  domain: "without access",
};

/** What hinders by the kind of token alone. */
const BY_KIND: Readonly<Record<Credential["kind"], Obstacle | null>> = {
  totp: null,
  hotp: "counter",
  list: "list",
  ocra: "challenge",
  push: "push",
  motp: "PIN",
  yandex: "PIN",
};

/** Who uses the tokens: with which grant, and whether a person types the command. */
export interface Using {
  readonly tokens: Pick<Authenticator, "grantLabel">;
  readonly prompt: Pick<PinPrompt, "atTerminal">;
}

/**
 * What hinders that a token's passcode is made without using up a counter and without a question;
 * null for nothing. `isGuarded` says whether the token has a PIN now, which an index entry may not
 * know yet.
 */
export function obstacleOf(
  token: Pick<Token, "id" | "name" | "credential" | "pin" | "accessDomain" | "confirm">,
  { tokens: { grantLabel }, prompt }: Using,
  isGuarded = false,
): Obstacle | null {
  const byKind = BY_KIND[token.credential.kind];
  if (byKind !== null) return byKind;
  if (token.accessDomain === ACCESS.none) return "domain";
  if (!needsNoPin(token, isGuarded || token.pin === "user")) return "PIN";
  return isUnasked({ token, grantLabel }, prompt) ? null : "question";
}

/** The free ones among listed tokens, and why some could not be read. */
export interface FreeTokens {
  readonly chosen: readonly Token[];
  readonly failures: readonly FobError[];
}

/** Free tokens, and what hinders each of the others that could be read. */
export interface ChosenTokens extends FreeTokens {
  readonly obstacles: readonly Obstacle[];
}

/** Reads the tokens that are listed as free: the index may not know yet of a PIN. */
export async function chooseFree(
  tokens: Authenticator,
  entries: readonly IndexEntry[],
  context: Pick<Context, "sleep" | "look" | "pinPrompt" | "progress">,
): Promise<ChosenTokens> {
  const using = { tokens, prompt: context.pinPrompt };
  const listed = entries.map((entry) => obstacleOf(entry, using));
  const candidates = entries.filter((_, i) => listed[i] === null);
  const { done, failures } = await lookAtEach(tokens, candidates, context);
  const read = done.map(({ token, isGuarded }) => obstacleOf(token, using, isGuarded));
  return {
    chosen: done.filter((_, i) => read[i] === null).map(({ token }) => token),
    failures,
    obstacles: [...listed, ...read].filter((obstacle) => obstacle !== null),
  };
}

/** The note of `code --all` about the tokens that it left out; nothing where there are none. */
export function describeLeftOut(obstacles: readonly Obstacle[]): readonly string[] {
  if (obstacles.length === 0) return [];
  const present = (Object.keys(WORDS) as Obstacle[]).filter((one) => obstacles.includes(one));
  const why = present.map((obstacle) => translated(WORDS[obstacle])).join(", ");
  return [t`left out ${plural(obstacles.length, "token")} (${why}): to use one, name it`];
}
