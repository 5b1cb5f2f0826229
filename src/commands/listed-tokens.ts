import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Attempts, attemptEachShown } from "#cli/attempts.ts";
import type { Context } from "#cli/context.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator, TokenState } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { lookListed } from "./lookup.ts";

/**
 * After so many milliseconds a missing token is looked for again: another process may have been
 * changing the vault.
 */
const SECOND_LOOK = 300;

/**
 * Looks at each of several tokens that are listed. One that is removed or restored at this moment
 * is left out; one that is damaged, or is still listed and not there a moment later, is a failure.
 */
export async function lookAtEach<T extends IndexEntry>(
  tokens: Authenticator,
  entries: readonly T[],
  context: Pick<Context, "sleep" | "look" | "progress">,
): Promise<Attempts<TokenState & { readonly entry: T }>> {
  const missing: T[] = [];
  const look = async (entry: T) => {
    await context.look();
    const state = await lookListed(tokens, entry.id);
    if (!state) missing.push(entry);
    return state && { ...state, entry };
  };
  const bar = context.progress(entries.length, t("tokens"));
  const { done, failures } = await attemptEachShown(entries, look, bar);
  const found = done.filter((state) => state !== null);
  return { done: found, failures: [...failures, ...(await findMissing(tokens, missing, context))] };
}

/**
 * The failures of tokens that were listed and not there. `remove` and `restore` change files and
 * index one after the other: a token fails if a moment later it is still listed and not there.
 */
export async function findMissing(
  tokens: Authenticator,
  missing: readonly Pick<Token, "id" | "name">[],
  { sleep }: Pick<Context, "sleep">,
): Promise<FobError[]> {
  if (missing.length === 0) return [];
  await sleep(SECOND_LOOK);
  const listed = new Set((await tokens.entries()).map(({ id }) => id));
  const failures: FobError[] = [];
  for (const token of missing.filter(({ id }) => listed.has(id))) {
    if (!(await lookListed(tokens, token.id))) failures.push(missingToken(token));
  }
  return failures;
}

function missingToken({ name }: Pick<Token, "name">): FobError {
  return new FobError("not-found", t`${name}: it is listed, and not there`, {
    hint: t("`fob doctor` tells more, and `fob doctor --repair` takes it off the list"),
  });
}
