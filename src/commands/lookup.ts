import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { findByWholeName, findToken } from "#token/find-token.ts";
import type { Right } from "#token/grant.ts";
import type { Named } from "#token/names.ts";
import type { Authenticator, TokenState } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * The open vault. Throws FobError `not-found` when there is none, because then there is no token
 * either.
 */
export async function existingVault(context: Pick<Context, "findVault">): Promise<Vault> {
  return (await context.findVault()) ?? nothingEnrolled();
}

/**
 * The tokens of the vault, or of the grant that a script has, for this use. Throws as
 * {@link existingVault} does.
 */
export async function existingTokens(
  right: Right | null,
  context: Context,
): Promise<Authenticator> {
  return (await context.findTokens(right)) ?? nothingEnrolled();
}

/** Throws FobError `not-found`. */
export function nothingEnrolled(): never {
  throw new FobError("not-found", t("there is no token yet"), { hint: t("`fob enroll` adds one") });
}

/** {@link findToken} in a vault. An exact id or name is found without reading all tokens. */
export function findInVault(vault: Vault, query: string): IndexEntry {
  return vault.findExactly(query) ?? findToken(query, vault.entries());
}

/**
 * {@link findInVault} among tokens that an agent or a grant may hold. Throws FobError `denied` for
 * a token that a grant does not open, whether there is one or not: a grant tells nothing of the
 * others.
 */
export async function findAmong(tokens: Authenticator, query: string): Promise<IndexEntry> {
  const exact = await tokens.findExactly(query);
  if (exact) return exact;
  const entries = await tokens.entries();
  return tokens.grantLabel === null
    ? findToken(query, entries)
    : findGranted(query, entries, tokens.grantLabel);
}

/**
 * The token of a grant that has this id or whole name. A grant cannot know whether a part of a name
 * is that of one token alone in the vault. Throws FobError `denied` for everything else.
 */
export function findGranted<T extends Named>(
  query: string,
  tokens: readonly T[],
  grantLabel: string,
): T {
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

/**
 * The record of a listed token, or null for one that is being removed or restored: the index is
 * changed last or first.
 */
export function readListed(vault: Vault, id: string): TokenRecord | null {
  try {
    return vault.read(id);
  } catch (error) {
    return nullIfGone(error);
  }
}

/** {@link readListed} among tokens that an agent or a grant may hold. */
export function lookListed(tokens: Authenticator, id: string): Promise<TokenState | null> {
  return tokens.look(id).catch(nullIfGone);
}

function nullIfGone(error: unknown): null {
  if (error instanceof FobError && error.code === "not-found") return null;
  throw error;
}

/**
 * Lets the person pick a token, or throws FobError `locked` saying that a NAME would have answered.
 */
export function pickToken(context: Context, entries: readonly IndexEntry[]): Promise<IndexEntry> {
  const choices = entries.map((entry) => ({ label: labelToken(entry), value: entry }));
  return context.prompt.pick(t("Which token?"), choices, t("a NAME"));
}

/** A token as people tell it from others: its name, and issuer and account where they say more. */
export function labelToken({ name, issuer, account }: IndexEntry): string {
  const more = [issuer, account].filter((part) => part !== null && part !== name).join(", ");
  return more === "" ? name : `${name} (${more})`;
}
