import { plural, t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { shellWord } from "#base/shell-word.ts";
import { isStricter } from "#token/access-domain.ts";
import { newlyEnrolled } from "#token/codec.ts";
import { asksLess } from "#token/confirmation.ts";
import { hasExpired } from "#token/grant.ts";
import { unlessDamaged } from "#token/newer.ts";
import { forget } from "#token/secret.ts";
import { cleanTags } from "#token/tags.ts";
import type { Token } from "#token/token.ts";
import { type Carried, carryCodes, openForSuccessor } from "#vault/belongings/carrying.ts";
import { listGrants } from "#vault/grants/grants.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { Vault } from "#vault/vault.ts";
import type { NamedDraft } from "./named-draft.ts";

/** A draft, and the tokens that it replaces. */
export interface Replacing {
  readonly named: NamedDraft;
  readonly replaced: readonly IndexEntry[];
}

/**
 * What belongs to the tokens that drafts replace, for each draft. A token that two drafts replace
 * leaves it to the first one. The caller gives the result to {@link forgetCarried}.
 */
export async function openReplaced(
  vault: Vault,
  drafts: readonly Replacing[],
  look: Look,
): Promise<readonly Carried[]> {
  const opened = new Set<string>();
  const carried: Carried[] = [];
  try {
    for (const { named, replaced } of drafts) {
      await look();
      const own = replaced.filter(({ id }) => !opened.has(id));
      for (const { id } of own) opened.add(id);
      const { secret, note = null } = named.draft;
      carried.push(await openForSuccessor(vault, own, { secret, note }));
    }
  } catch (error) {
    forgetCarried(carried);
    throw error;
  }
  return carried;
}

/** Forgets the keys of what belongs to replaced tokens. */
export function forgetCarried(carried: readonly Carried[]): void {
  for (const { withCodes } of carried) forget(...withCodes.map(({ key }) => key));
}

/**
 * What a person has set for the token of a draft: the tags of those that it replaces, too, and of
 * access domains and confirmations the strictest.
 */
export function settingsOf({
  named: { draft, past = newlyEnrolled(new Date(0)) },
  replaced,
}: Replacing): Pick<Token, "accessDomain" | "confirm" | "favorite" | "tags"> {
  const all = [past, ...replaced];
  return {
    accessDomain: all
      .map(({ accessDomain }) => accessDomain)
      .reduce((one, other) => (isStricter(other, one) ? other : one)),
    confirm: all
      .map(({ confirm }) => confirm)
      .reduce((one, other) => (asksLess(one, other) ? other : one)),
    favorite: [draft, ...all].some(({ favorite }) => favorite === true),
    tags: cleanTags([...past.tags, ...(draft.tags ?? []), ...replaced.flatMap(({ tags }) => tags)]),
  };
}

/**
 * Gives new tokens the recovery codes of those that they replace, as {@link carryCodes} does.
 * Returns messages about what stays with these.
 */
export function carryOver(
  vault: Vault,
  tokens: readonly (Token | null)[],
  drafts: readonly Replacing[],
  carried: readonly Carried[],
  batch: string,
): string[] {
  return carried.flatMap((one, i) => {
    const [token, secret] = [tokens[i], drafts[i]?.named.draft.secret];
    if (!token || !secret) return [];
    return [...one.left, ...carryCodes(vault, token, { secret }, one, batch)];
  });
}

/**
 * Messages about grants that name tokens which others have replaced: a grant opens what was there
 * when it was made, and no secret that came later.
 */
export function describeGrantsOf(
  vault: Vault,
  replaced: readonly Pick<IndexEntry, "id" | "name">[],
  now: Date,
): string[] {
  // a damaged list of grants must not hide that the tokens are stored
  const grants = replaced.length === 0 ? [] : (unlessDamaged(() => listGrants(vault)) ?? []);
  const living = grants.filter((grant) => !grant.isEnded && !hasExpired(grant, now));
  const each = new Map(replaced.map((entry) => [entry.id, entry]));
  return [...each.values()].flatMap(({ id, name }) => {
    const labels = living.filter(({ tokens }) => tokens.includes(id)).map(({ label }) => label);
    if (labels.length === 0) return [];
    const count = plural(labels.length, "grant");
    return [
      t`${name} is not opened by ${count} for the replaced token (${labels.join(", ")}): \`fob access grant\` makes others`,
    ];
  });
}

/** A message about a new token without a PIN in place of one with a PIN; none for another one. */
export function describeFreed(token: Token | null | undefined, { replaced }: Replacing): string[] {
  if (token?.pin !== "none" || !replaced.some(({ pin }) => pin === "user")) return [];
  const command = `fob pin set ${shellWord(token.name)}`;
  return [t`${token.name} has no PIN, as the replaced token had: \`${command}\` sets one`];
}
