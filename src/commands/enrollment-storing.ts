import type { Context } from "../cli/context.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { cleanText, MAX_NAME_LENGTH } from "../token/clean-name.ts";
import type { Credential } from "../token/credential.ts";
import { FreeNames, fold } from "../token/names.ts";
import type { Token } from "../token/token.ts";
import { removeToken } from "../vault/removal.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import type { Vault } from "../vault/vault.ts";
import { findSame, type KnownTokens, knownTokens, tokensOfAccount } from "./known-tokens.ts";

/** A draft and what the token will be called. */
export interface NamedDraft {
  readonly name: string;
  /** Whether a person chose the name: then it is this one or none. */
  readonly isChosen: boolean;
  readonly draft: EnrollmentDraft<Credential>;
  /** What it was in another vault, where it comes from a backup. */
  readonly past?: Partial<Pick<Token, "id">> & Pick<Token, "accessDomain" | "favorite" | "enrolledAt">;
}

/** Throws FobError `usage` when one name is wanted for several tokens. */
export function refuseSharedName(wanted: string | undefined, count: number): void {
  if (wanted === undefined || count <= 1) return;
  throw new FobError("usage", t`--name is for one token, and ${count} were given`);
}

/** Gives every draft its name: the one asked for, the draft's own, or the person's answer. */
export async function nameDrafts(
  drafts: readonly EnrollmentDraft<Credential>[],
  wanted: string | undefined,
  context: Context,
): Promise<NamedDraft[]> {
  const named: NamedDraft[] = [];
  for (const draft of drafts) {
    const chosen = wanted ?? (draft.name === null ? await askForName(context) : null);
    named.push({ name: checkName(chosen ?? draft.name ?? ""), isChosen: chosen !== null, draft });
  }
  return named;
}

function askForName(context: Context): Promise<string> {
  return context.prompt.text(t("What shall the token be called?"), "--name");
}

/** A name that a person gave, without surrounding space. Throws FobError `usage` for an empty, long or unprintable one. */
export function checkName(name: string): string {
  const { name: clean, wasHarmful, isTooLong } = cleanText(name);
  if (isTooLong) throw new FobError("usage", t`the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (wasHarmful) throw new FobError("usage", t("the name holds control characters, or invisible ones"));
  if (clean === null) throw new FobError("usage", t("the name is empty"));
  return clean;
}

/** A draft and the token that came of it. */
export interface StoredDraft {
  readonly token: Token;
  readonly named: NamedDraft;
}

/**
 * What to do with a draft whose token is enrolled already: nothing at all, take its place, or leave this one out; or not even look, and store
 * it under a name that is free.
 */
export type OnKnown = "refuse" | "replace" | "skip" | "keep";

/** How drafts are stored. */
export interface Storing {
  readonly onKnown: OnKnown;
  /** Drafts that take the place of every token of their account, whatever `onKnown` says. */
  readonly replacing?: ReadonlySet<NamedDraft>;
  readonly now: Date;
}

/**
 * Stores drafts as tokens. Tokens that are replaced are removed when the new ones are stored, and stay restorable. Throws FobError `usage` when a token
 * is enrolled already or its chosen name is taken and `onKnown` is `refuse`, before anything is stored. Returns the new tokens.
 */
export function storeDrafts(
  vault: Vault,
  named: readonly NamedDraft[],
  { onKnown, replacing = new Set(), now }: Storing,
): StoredDraft[] {
  const known = knownTokens(vault.entries());
  const isReplacing = (one: NamedDraft) => onKnown === "replace" || replacing.has(one);
  const isWanted = (one: NamedDraft) => onKnown !== "skip" || isReplacing(one) || !findSame(vault, one, known);
  const wanted = named.filter(isWanted);
  if (onKnown === "refuse")
    refuseKnown(
      vault,
      wanted.filter((one) => !isReplacing(one)),
      known,
    );
  const replaced = wanted.map((one) => (isReplacing(one) ? findReplaced(one, known) : []));
  const free = new FreeNames(vault.entries().map(({ name }) => fold(name)));
  const names = wanted.map(({ name, isChosen, draft }, i) => {
    return isChosen ? name : (nameOfReplaced(name, replaced[i] ?? []) ?? distinctName(name, draft, free));
  });
  const tokens = vault.add(
    wanted.map(({ draft, past }, i) => ({
      ...past,
      name: names[i] ?? draft.issuer ?? "",
      issuer: draft.issuer,
      account: draft.account,
      serial: draft.serial,
      format: draft.format,
      credential: draft.credential,
      pin: draft.pin?.type === "server" ? "server" : "none",
      secret: draft.secret,
    })),
    now,
  );
  const stored = wanted.flatMap((one, i) => (tokens[i] ? [{ token: tokens[i], named: one }] : []));
  return stored.map((one, i) => takePlace(vault, one, { name: names[i] ?? "", replaced: replaced[i] ?? [], now }));
}

/**
 * Removes what a new token replaces, and gives it the name that is free then. Throws why something could not be removed, and says that the new token is
 * there.
 */
function takePlace(
  vault: Vault,
  stored: StoredDraft,
  { name, replaced, now }: { readonly name: string; readonly replaced: readonly IndexEntry[]; readonly now: Date },
): StoredDraft {
  const { token } = stored;
  for (const old of replaced) {
    try {
      removeToken(vault, old.id, now);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      const { code, message, hint } = error;
      const told = t`${token.name} is enrolled, and ${old.name} could not be removed: ${message}`;
      throw new FobError(code, told, { cause: error, ...(hint === undefined ? {} : { hint }) });
    }
  }
  const isFree =
    replaced.length > 0 && token.name !== name && !vault.entries().some((one) => fold(one.name) === fold(name));
  return isFree ? { ...stored, token: vault.amend(token.id, (one) => ({ ...one, name })) } : stored;
}

/** The name of a replaced token, of several the one that the draft would have. */
function nameOfReplaced(name: string, replaced: readonly IndexEntry[]): string | null {
  const namesake = replaced.find((entry) => fold(entry.name) === fold(name));
  return (namesake ?? replaced[0])?.name ?? null;
}

/** A second token of an issuer is told from the first by its account rather than by a number. */
function distinctName(name: string, { issuer, account }: EnrollmentDraft<Credential>, names: FreeNames): string {
  return names.next(names.has(name) && name === issuer && account !== null ? `${issuer}:${account}` : name);
}

/** The tokens whose place a draft takes: all of its account, and the one that has the name which a person chose, or that none else has. */
function findReplaced(named: NamedDraft, known: KnownTokens): readonly IndexEntry[] {
  const own = tokensOfAccount(named, known);
  const namesake = named.isChosen || own.length === 0 ? known.byName.get(fold(named.name)) : undefined;
  return namesake && !own.includes(namesake) ? [...own, namesake] : own;
}

/** Throws FobError `usage` when one of the tokens is enrolled already, or its chosen name is taken. */
export function refuseKnown(
  vault: Vault,
  drafts: readonly NamedDraft[],
  known: KnownTokens = knownTokens(vault.entries()),
): void {
  for (const named of drafts) {
    const same = findSame(vault, named, known);
    if (same) {
      throw new FobError("usage", t`this token is enrolled already, as ${same.name}`, {
        hint: t("--replace enrolls it anew"),
      });
    }
    if (named.isChosen) refuseTakenName(vault, named.name);
  }
}

/** Throws FobError `usage` when a token is called so already. */
export function refuseTakenName(vault: Vault, name: string): void {
  if (!vault.entries().some((entry) => fold(entry.name) === fold(name))) return;
  throw new FobError("usage", t`another token is called ${name} already`, { hint: t("--replace takes its place") });
}
