import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { findNamed } from "#token/find-token.ts";
import type { Right } from "#token/grant.ts";
import type { Authenticator, TokenState } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * The open vault. Throws FobError `not-found` when there is none: then there is no token either.
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
  context: Pick<Context, "findTokens">,
): Promise<Authenticator> {
  return (await context.findTokens(right)) ?? nothingEnrolled();
}

/** Throws FobError `not-found`. */
export function nothingEnrolled(): never {
  throw new FobError("not-found", t("there is no token yet"), { hint: t("`fob enroll` adds one") });
}

/** Where a token is found by its name: a vault, or what an agent or a grant opens of one. */
export interface Findable {
  entries(): readonly IndexEntry[] | Promise<readonly IndexEntry[]>;
  /** The token with exactly this id or name, or null. */
  findExactly(query: string): IndexEntry | null | Promise<IndexEntry | null>;
  /** As {@link Authenticator.grantLabel}. */
  readonly grantLabel?: string | null;
}

/**
 * The token that a person means by a NAME. An exact id or name is found without reading all tokens.
 * Throws as {@link findNamed} does.
 */
export async function findOne(tokens: Findable, query: string): Promise<IndexEntry> {
  const exact = await tokens.findExactly(query);
  return exact ?? findNamed(query, await tokens.entries(), tokens.grantLabel ?? null);
}

/** {@link findOne} for several NAMEs; a token that two of them mean is there once. */
export async function findEach(
  tokens: Findable,
  queries: readonly string[],
): Promise<readonly IndexEntry[]> {
  const found = new Map<string, IndexEntry>();
  for (const query of queries) {
    const entry = await findOne(tokens, query);
    found.set(entry.id, entry);
  }
  return [...found.values()];
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
