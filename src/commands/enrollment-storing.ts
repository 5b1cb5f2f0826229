import type { Context } from "../cli/context.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { Credential } from "../token/credential.ts";
import { fold, freeName } from "../token/names.ts";
import { stripControls } from "../token/printable.ts";
import { forget, sameSecret } from "../token/secret.ts";
import type { Token } from "../token/token.ts";
import { secretOf } from "../vault/passcodes.ts";
import { removeToken } from "../vault/removal.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import { unguardedSecretKey } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import { readListed } from "./lookup.ts";

/** Longer names help nobody, and no list can show them. In characters. */
export const MAX_NAME_LENGTH = 256;

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
  const trimmed = name.trim();
  if (trimmed === "") throw new FobError("usage", t("the name is empty"));
  if ([...trimmed].length > MAX_NAME_LENGTH)
    throw new FobError("usage", t`the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (stripControls(trimmed) !== trimmed) throw new FobError("usage", t("the name holds control characters"));
  return trimmed;
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

/**
 * Stores drafts as tokens. A token that is replaced stays restorable. Throws FobError `usage` when a token is enrolled already or
 * its chosen name is taken and `onKnown` is `refuse`, before anything is stored. Returns the new tokens.
 */
export function storeDrafts(
  vault: Vault,
  named: readonly NamedDraft[],
  { onKnown, now }: { readonly onKnown: OnKnown; readonly now: Date },
): StoredDraft[] {
  const known = sortOut(vault.entries());
  const wanted = onKnown === "skip" ? named.filter((draft) => !findSame(vault, draft, known)) : named;
  if (onKnown === "refuse") refuseKnown(vault, wanted, known);
  const replaced = wanted.map((draft) => (onKnown === "replace" ? findReplaced(draft, known) : null));
  for (const entry of new Set(replaced)) if (entry) removeToken(vault, entry.id, now);
  const taken = new Set(vault.entries().map(({ name }) => fold(name)));
  const tokens = vault.add(
    wanted.map(({ name, isChosen, draft, past }, i) => ({
      ...past,
      name: isChosen ? name : (replaced[i]?.name ?? distinctName(name, draft, taken)),
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
  return wanted.flatMap((one, i) => (tokens[i] ? [{ token: tokens[i], named: one }] : []));
}

/** A second token of an issuer is told from the first by its account rather than by a number. */
function distinctName(name: string, { issuer, account }: EnrollmentDraft<Credential>, taken: Set<string>): string {
  const wanted = taken.has(fold(name)) && name === issuer && account !== null ? `${issuer}:${account}` : name;
  const free = freeName(wanted, taken);
  taken.add(fold(free));
  return free;
}

/** Tokens that are there, by what a draft can share with them. */
interface Known {
  readonly byName: ReadonlyMap<string, IndexEntry>;
  readonly byAccount: ReadonlyMap<string, readonly IndexEntry[]>;
}

function sortOut(entries: readonly IndexEntry[]): Known {
  const byAccount = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const key = accountKey(entry);
    if (key !== null) byAccount.set(key, [...(byAccount.get(key) ?? []), entry]);
  }
  return { byName: new Map(entries.map((entry) => [fold(entry.name), entry])), byAccount };
}

/** Tokens with the same key belong to one account; null where neither issuer nor account is known. */
function accountKey({
  issuer,
  account,
  credential,
}: Pick<IndexEntry, "issuer" | "account" | "credential">): string | null {
  return issuer === null && account === null ? null : JSON.stringify([issuer, account, credential.kind]);
}

function findReplaced({ name, draft }: NamedDraft, { byName, byAccount }: Known): IndexEntry | null {
  return byAccount.get(accountKey(draft) ?? "")?.[0] ?? byName.get(fold(name)) ?? null;
}

/** Throws FobError `usage` when one of the tokens is enrolled already, or its chosen name is taken. */
export function refuseKnown(
  vault: Vault,
  drafts: readonly NamedDraft[],
  known: Known = sortOut(vault.entries()),
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

/** The token of the same account or name that holds the same secret. */
function findSame(vault: Vault, { name, draft }: NamedDraft, { byName, byAccount }: Known): IndexEntry | null {
  const namesake = byName.get(fold(name));
  const alike = [...(byAccount.get(accountKey(draft) ?? "") ?? []), ...(namesake ? [namesake] : [])];
  return alike.find((entry) => holdsSecret(vault, entry, draft)) ?? null;
}

function holdsSecret(vault: Vault, { id, credential }: IndexEntry, draft: EnrollmentDraft<Credential>): boolean {
  if (credential.kind !== draft.credential.kind) return false;
  const record = readListed(vault, id);
  // behind a PIN nobody can compare, and two tokens of one account are no harm
  if (!record || record.guard) return false;
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const secret = secretOf(record, secretKey);
  const isSame = sameSecret(secret, draft.secret);
  forget(secret, secretKey);
  return isSame;
}
