import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { ACCESS } from "#token/access-domain.ts";
import type { Credential } from "#token/credential.ts";
import { fold } from "#token/names.ts";
import { holdsSecret } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { fingerprintOf } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import type { NamedDraft } from "./named-draft.ts";

/** Tokens that are there, by what a draft can share with them. */
export interface KnownTokens {
  readonly byName: ReadonlyMap<string, IndexEntry>;
  readonly byAccount: ReadonlyMap<string, readonly IndexEntry[]>;
  /** The lists of one-time passwords, whose secrets are all that tells them apart. */
  readonly lists: readonly IndexEntry[];
}

/**
 * A draft of an account that is enrolled already with another secret, or with one that cannot be
 * compared.
 */
export interface Conflict {
  readonly named: NamedDraft;
  readonly entry: IndexEntry;
}

/**
 * A draft of an account that an earlier one of the same command has with another secret, or other
 * parameters.
 */
export interface Repeated {
  readonly named: NamedDraft;
  readonly earlier: NamedDraft;
}

/**
 * Whether drafts that come together may be of one account, so that the later ones are
 * {@link Repeated}; or stay as they are, where they were beside each other in a vault.
 */
export type Repeating = "refused" | "kept";

/** Drafts by what the vault, and the drafts before them, have of them. */
export interface SortedDrafts {
  /** Of accounts that are not enrolled yet, or lack the PIN that their issuer demands. */
  readonly fresh: readonly NamedDraft[];
  /** Those that are there already, with the same secret. */
  readonly same: readonly NamedDraft[];
  readonly conflicts: readonly Conflict[];
  readonly repeated: readonly Repeated[];
}

/** The tokens of a list, by name and account. */
export function knownTokens(entries: readonly IndexEntry[]): KnownTokens {
  const byAccount = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const key = accountKey(entry);
    if (key === null) continue;
    const others = byAccount.get(key);
    if (others) others.push(entry);
    else byAccount.set(key, [entry]);
  }
  return {
    byName: new Map(entries.map((entry) => [fold(entry.name), entry])),
    byAccount,
    lists: entries.filter(({ credential }) => credential.kind === "list"),
  };
}

/** Sorts drafts by what the vault has (`entries`), and by what came before them. */
export function sortDrafts(
  vault: Vault,
  drafts: readonly NamedDraft[],
  repeating: Repeating,
  entries: readonly IndexEntry[] = vault.entries(),
): SortedDrafts {
  const all = knownTokens(entries);
  const fresh: NamedDraft[] = [];
  const same: NamedDraft[] = [];
  const conflicts: Conflict[] = [];
  const earlierOf = repeating === "kept" ? null : findRepeated(drafts);
  const repeated: Repeated[] = [];
  for (const named of drafts) {
    const [entry] = tokensOfAccount(named, all);
    const known = findSame(vault, named, all);
    const earlier = earlierOf?.get(named);
    if (known) (lacksPin(known, named) ? fresh : same).push(named);
    else if (earlier) repeated.push({ named, earlier });
    else if (entry) conflicts.push({ named, entry });
    else fresh.push(named);
  }
  return { fresh, same, conflicts, repeated };
}

/** For each draft whose account occurred before: the first draft of that account. */
function findRepeated(drafts: readonly NamedDraft[]): ReadonlyMap<NamedDraft, NamedDraft> {
  const first = new Map<string, NamedDraft>();
  const earlierOf = new Map<NamedDraft, NamedDraft>();
  for (const named of drafts) {
    const key = accountKey(named.draft);
    if (key === null) continue;
    const earlier = first.get(key);
    if (earlier) earlierOf.set(named, earlier);
    else first.set(key, named);
  }
  return earlierOf;
}

/**
 * The error for a draft whose account is enrolled already. `options` names the options that allow
 * it.
 */
export function refusal({ named, entry }: Conflict, options: string): FobError {
  const what = entry.pin === "user" ? t("behind a PIN") : t("with another secret");
  return new FobError(
    "usage",
    t`${named.name}: this account is enrolled already, as ${entry.name}, ${what}`,
    {
      hint: options,
    },
  );
}

/**
 * The error for a draft whose account an earlier draft has. `options` names the options that allow
 * it.
 */
export function refusalOfRepeated({ named, earlier }: Repeated, options: string): FobError {
  return new FobError(
    "usage",
    t`${named.name}: this account is given twice, ${difference(named, earlier)}`,
    {
      hint: options,
    },
  );
}

function difference(one: NamedDraft, other: NamedDraft): string {
  return Buffer.from(one.draft.secret).equals(other.draft.secret)
    ? t("with different parameters")
    : t("with different secrets");
}

/** The options with which `fob enroll` accepts a draft whose account is enrolled already. */
export function enrollOptions(): string {
  return t("--replace takes the place of what is there, --name NAME keeps both");
}

/** The tokens of a draft's account, in list order. */
export function tokensOfAccount(
  { draft }: NamedDraft,
  { byAccount }: KnownTokens,
): readonly IndexEntry[] {
  return byAccount.get(accountKey(draft) ?? "") ?? [];
}

/** The token of the same account or name that holds the same secret; of a list, any that does. */
export function findSame(vault: Vault, named: NamedDraft, known: KnownTokens): IndexEntry | null {
  const namesake = known.byName.get(fold(named.name));
  const alike = [...tokensOfAccount(named, known), ...(namesake ? [namesake] : [])];
  const same = alike.find((entry) => holdsDraft(vault, entry, named.draft));
  return same ?? sameList(vault, named, known)[0] ?? null;
}

/** The tokens that hold the same list as a draft, whatever their names; none for other kinds. */
export function sameList(
  vault: Vault,
  { draft }: NamedDraft,
  { lists }: KnownTokens,
): readonly IndexEntry[] {
  if (draft.credential.kind !== "list") return [];
  return lists.filter((entry) => holdsDraft(vault, entry, draft));
}

/**
 * Whether a token has a draft's secret; false where that is unknown: in a damaged file, or behind a
 * PIN in a record of an older fob.
 */
function holdsDraft(
  vault: Vault,
  { id, credential }: IndexEntry,
  draft: EnrollmentDraft<Credential>,
): boolean {
  return (
    credential.kind === draft.credential.kind &&
    holdsSecret(vault, id, fingerprintOf(draft.secret, vault.vaultKey))
  );
}

/**
 * Whether a token has no PIN though its issuer demands one, which `pin remove` does not allow: the
 * command that stored it was cut off.
 */
export function lacksPin({ pin, accessDomain }: IndexEntry, { draft }: NamedDraft): boolean {
  return (
    pin === "none" &&
    accessDomain === ACCESS.full &&
    draft.pin?.type === "user" &&
    draft.pin.policy.required
  );
}

/**
 * Tokens with the same key belong to one account; letter case and the number of blanks do not
 * matter. A manufacturer's tokens, which have no user yet, differ by serial, those of login
 * requests by the server that asks. TiQR's have names for people beside those that tell identities
 * apart. Null where neither issuer nor account is known.
 */
function accountKey({
  issuer,
  account,
  serial,
  credential,
}: Pick<IndexEntry, "issuer" | "account" | "serial" | "credential">): string | null {
  if (credential.kind === "push" && credential.protocol === "tiqr")
    return JSON.stringify(["tiqr", fold(credential.service), credential.identity]);
  if (issuer === null && account === null) return null;
  const names = [issuer, account ?? serial].map((text) => text && foldBlanks(text));
  const kind = [credential.kind, ...(credential.kind === "push" ? [hostOf(credential.url)] : [])];
  return JSON.stringify([...names, account === null && serial !== null, ...kind]);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function foldBlanks(text: string): string {
  return fold(text)
    .split(/\s/)
    .filter((word) => word !== "")
    .join(" ");
}

/**
 * Throws FobError `usage` when one of the tokens is enrolled already, or its chosen name is taken.
 */
export function refuseKnown(
  vault: Vault,
  drafts: readonly NamedDraft[],
  known: KnownTokens = knownTokens(vault.entries()),
): void {
  for (const named of drafts) {
    const same = findSame(vault, named, known);
    if (same && !lacksPin(same, named)) {
      throw new FobError("usage", t`this token is enrolled already, as ${same.name}`, {
        hint: t("--replace enrolls it anew"),
      });
    }
    if (named.isChosen && !same) refuseNameAmong(known, named.name);
  }
}

/** Throws FobError `usage` when a token has this name already. */
export function refuseTakenName(vault: Vault, name: string): void {
  refuseNameAmong(knownTokens(vault.entries()), name);
}

function refuseNameAmong({ byName }: KnownTokens, name: string): void {
  if (!byName.has(fold(name))) return;
  throw new FobError("usage", t`another token is called ${name} already`, {
    hint: t("--replace takes its place"),
  });
}
