import type { Context } from "#cli/context.ts";
import type { SettingValue } from "#cli/settings/setting-definitions.ts";
import { chooseUnlessWrong } from "#cli/settings/settings.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { type LastUses, lastUses } from "#vault/tokens/last-uses.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/** What the tokens of a list are sorted by, after the favourites. */
export type TokenOrder = SettingValue<"list.sort">;

/** Sorts tokens that are in list order: those of equal rank stay in it. */
export type SortTokens = <T extends IndexEntry>(tokens: readonly T[]) => readonly T[];

/**
 * Sorts by name, by last use (the latest first, those that were never used last), or by the time of
 * enrollment (the latest first). Favourites are always first.
 */
export function sortedBy(order: TokenOrder, readUses: () => LastUses): SortTokens {
  if (order === "name") return (tokens) => tokens;
  const uses = order === "used" ? readUses() : null;
  const never = -1;
  const timeOf = ({ id, enrolledAt }: IndexEntry) =>
    uses === null ? enrolledAt.getTime() : (uses.of(id)?.getTime() ?? never);
  return (tokens) => {
    const timed = tokens.map((token) => ({ token, time: timeOf(token) }));
    timed.sort((a, b) => Number(b.token.favorite) - Number(a.token.favorite) || b.time - a.time);
    return timed.map(({ token }) => token);
  };
}

/**
 * Sorts as the setting says. Uses are those of this moment: a list that is looked at does not
 * change its order when a token is used.
 */
export function sortedAsSet(
  tokens: Pick<Authenticator, "layout">,
  { settings }: Pick<Context, "settings">,
): SortTokens {
  return sortedBy(chooseUnlessWrong(settings, "list.sort"), () => lastUses(tokens));
}
