import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { Credential } from "../token/credential.ts";
import { fold } from "../token/names.ts";
import { holdsSecret } from "../vault/same-secret.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import { fingerprintOf } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import type { NamedDraft } from "./enrollment-storing.ts";

/** Tokens that are there, by what a draft can share with them. */
export interface KnownTokens {
  readonly byName: ReadonlyMap<string, IndexEntry>;
  readonly byAccount: ReadonlyMap<string, readonly IndexEntry[]>;
}

/** A draft of an account that is enrolled already with another secret, or with one that nobody can compare. */
export interface Conflict {
  readonly named: NamedDraft;
  readonly entry: IndexEntry;
}

/** Drafts by what the vault has of them. */
export interface SortedDrafts {
  /** Of accounts that are not enrolled yet, or lack the PIN that their issuer demands. */
  readonly fresh: readonly NamedDraft[];
  /** Those that are there already, with the same secret. */
  readonly same: readonly NamedDraft[];
  readonly conflicts: readonly Conflict[];
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
  return { byName: new Map(entries.map((entry) => [fold(entry.name), entry])), byAccount };
}

/** Sorts drafts by what the vault has; drafts of one account that come together are no conflict. */
export function sortDrafts(vault: Vault, drafts: readonly NamedDraft[]): SortedDrafts {
  const all = knownTokens(vault.entries());
  const fresh: NamedDraft[] = [];
  const same: NamedDraft[] = [];
  const conflicts: Conflict[] = [];
  for (const named of drafts) {
    const [entry] = tokensOfAccount(named, all);
    const known = findSame(vault, named, all);
    if (known) (lacksPin(known, named) ? fresh : same).push(named);
    else if (entry) conflicts.push({ named, entry });
    else fresh.push(named);
  }
  return { fresh, same, conflicts };
}

/** Why a draft is refused: its account is enrolled already. `options` says what would let it in. */
export function refusal({ named, entry }: Conflict, options: string): FobError {
  const what = entry.pin === "user" ? t("behind a PIN") : t("with another secret");
  return new FobError("usage", t`${named.name}: this account is enrolled already, as ${entry.name}, ${what}`, {
    hint: options,
  });
}

/** What lets `fob enroll` take a draft whose account is enrolled already. */
export function enrollOptions(): string {
  return t("--replace takes the place of what is there, --name NAME keeps both");
}

/** The tokens of a draft's account, in list order. */
export function tokensOfAccount({ draft }: NamedDraft, { byAccount }: KnownTokens): readonly IndexEntry[] {
  return byAccount.get(accountKey(draft) ?? "") ?? [];
}

/** The token of the same account or name that holds the same secret. */
export function findSame(vault: Vault, named: NamedDraft, known: KnownTokens): IndexEntry | null {
  const namesake = known.byName.get(fold(named.name));
  const alike = [...tokensOfAccount(named, known), ...(namesake ? [namesake] : [])];
  return alike.find((entry) => holdsDraft(vault, entry, named.draft)) ?? null;
}

/**
 * Whether a token holds a draft's secret; false where nobody can compare, in a damaged file or behind
 * the PIN of an older fob.
 */
function holdsDraft(vault: Vault, { id, credential }: IndexEntry, draft: EnrollmentDraft<Credential>): boolean {
  return (
    credential.kind === draft.credential.kind && holdsSecret(vault, id, fingerprintOf(draft.secret, vault.vaultKey))
  );
}

/** Whether a token has no PIN though its issuer demands one, which `pin remove` does not allow: the command that stored it was cut off. */
export function lacksPin({ pin, accessDomain }: IndexEntry, { draft }: NamedDraft): boolean {
  return pin === "none" && accessDomain === "00" && draft.pin?.type === "user" && draft.pin.policy.required;
}

/** Tokens with the same key belong to one account; letter case, and how many blanks there are, do not count. Null where neither issuer nor account is known. */
function accountKey({
  issuer,
  account,
  credential,
}: Pick<IndexEntry, "issuer" | "account" | "credential">): string | null {
  if (issuer === null && account === null) return null;
  return JSON.stringify([issuer, account].map((text) => text && foldBlanks(text)).concat(credential.kind));
}

function foldBlanks(text: string): string {
  return fold(text)
    .split(/\s/)
    .filter((word) => word !== "")
    .join(" ");
}
