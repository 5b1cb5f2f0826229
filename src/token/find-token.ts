import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Match, matchName, matchWholeName, type Named } from "./names.ts";

/** What is said where no token has the name, and where the names are to be seen. */
interface Missing {
  readonly message: string;
  readonly hint: string;
}

/**
 * The token that matches `query`. Throws FobError `not-found` with similar names, or `ambiguous`
 * with all matches.
 */
export function findToken<T extends Named>(
  query: string,
  tokens: readonly T[],
  missing?: Missing,
): T {
  return onlyMatch(query, matchName(query, tokens), missing);
}

/**
 * The token with this id or whole name, in any letter case; null when there is none. Throws
 * FobError `ambiguous`.
 */
export function findByWholeName<T extends Named>(query: string, tokens: readonly T[]): T | null {
  const match = matchWholeName(query, tokens);
  return match && onlyMatch(query, match);
}

/**
 * The token named by NAME, among all tokens of a vault, or those that a grant opens. With a grant,
 * NAME is an id or a whole name: a part of a name could also fit tokens of the vault that the grant
 * does not know. Throws FobError `not-found` or `ambiguous`; with a grant `denied`, which reveals
 * nothing about other tokens.
 */
export function findNamed<T extends Named>(
  query: string,
  tokens: readonly T[],
  grantLabel: string | null,
): T {
  if (grantLabel === null) return findToken(query, tokens);
  const token = findByWholeName(query, tokens);
  if (token) return token;
  throw new FobError(
    "denied",
    t`the grant ${grantLabel} opens no token called ${JSON.stringify(query)}`,
    {
      hint: t("`fob list` shows those that it opens; with a grant, NAME is a whole name or an id"),
    },
  );
}

function onlyMatch<T extends Named>(
  query: string,
  match: Match<T>,
  missing: Missing = {
    message: t`no token is called ${JSON.stringify(query)}`,
    hint: t("`fob list` shows the tokens"),
  },
): T {
  if (match.kind === "one") return match.token;
  if (match.kind === "several") {
    const names = match.tokens.map(({ name }) => name);
    throw new FobError(
      "ambiguous",
      t`${JSON.stringify(query)} fits several tokens: ${enumerate(names)}`,
      {
        hint: t("give more of the name, or the id that `fob list --json` shows"),
      },
    );
  }
  throw new FobError("not-found", missing.message, {
    hint: match.nearest.length > 0 ? t`did you mean ${match.nearest.join(" or ")}?` : missing.hint,
  });
}

function enumerate(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? t`${shown} and ${names.length - 5} more` : shown;
}
