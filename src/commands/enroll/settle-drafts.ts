import { t } from "#base/language.ts";
import type { HouseContext } from "#cli/context.ts";
import { finishInterrupted } from "#vault/tokens/interrupted.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import {
  type ConflictWishes,
  type Settled,
  settleConflicts,
  settleRepeated,
} from "./account-conflicts.ts";
import type { AddingWishes } from "./adding-wishes.ts";
import {
  enrollOptions,
  knownTokens,
  type Repeating,
  refuseKnown,
  sortDrafts,
} from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";

type SettlingContext = Pick<HouseContext, "processes" | "prompt">;

/** What was settled, and the tokens that were there: others may come before it is stored. */
interface SettledDrafts extends Settled {
  readonly seen: readonly IndexEntry[];
}

/** What is to be stored, and what of it replaces others. */
export async function settleDrafts(
  vault: Vault,
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: SettlingContext,
): Promise<SettledDrafts> {
  finishInterrupted(vault, context.processes);
  const seen = vault.entries();
  return { ...(await settle({ vault, seen }, named, wishes, context)), seen };
}

/** A vault, and the tokens that were there when this command looked. */
interface SeenVault {
  readonly vault: Vault;
  readonly seen: readonly IndexEntry[];
}

function settle(
  there: SeenVault,
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: SettlingContext,
): Promise<Settled> {
  if (wishes.by === "enroll") return settleEnrollment(there, named, wishes, context);
  // a backup has what was beside each other in a vault
  return wishes.by === "restore"
    ? settleFile(there, missing(there, named), wishes, "kept", context)
    : settleFile(there, named, wishes, "refused", context);
}

/**
 * The tokens of a backup that are not there. One that was removed keeps its id for when it is
 * restored, and its backup becomes another one.
 */
function missing({ vault, seen }: SeenVault, named: readonly NamedDraft[]): NamedDraft[] {
  const known = new Set(seen.map(({ id }) => id));
  const removed = new Set(removedIds(vault));
  return named
    .filter(({ past }) => past?.id === undefined || !known.has(past.id))
    .map((one) =>
      one.past?.id !== undefined && removed.has(one.past.id) ? withoutId(one, one.past) : one,
    );
}

function withoutId(
  one: NamedDraft,
  { id: _, ...past }: NonNullable<NamedDraft["past"]>,
): NamedDraft {
  return { ...one, past };
}

/** Throws FobError `usage` where a token is enrolled already, unless the options allow it. */
async function settleEnrollment(
  { vault, seen }: SeenVault,
  named: readonly NamedDraft[],
  { name, replace }: AddingWishes,
  context: SettlingContext,
): Promise<Settled> {
  if (!replace) refuseKnown(vault, named, knownTokens(seen));
  // a person who names it knows that it is another token
  if (name !== undefined) return { drafts: named, replacing: new Set(), refused: [] };
  const { fresh, conflicts, repeated } = sortDrafts(vault, named, "refused", seen);
  const others = await settleRepeated(
    vault,
    repeated,
    { keepBoth: false, options: oneByOne() },
    context,
  );
  if (replace) {
    const refused = new Set(repeated.map((one) => one.named));
    const drafts = [...named.filter((one) => !refused.has(one)), ...others.drafts];
    return { drafts, replacing: new Set(), refused: others.refused };
  }
  const wishes = { replace: false, keepBoth: false, options: enrollOptions() };
  const { drafts, replacing, refused } = await settleConflicts(vault, conflicts, wishes, context);
  return {
    drafts: [...fresh, ...drafts, ...others.drafts],
    replacing,
    refused: [...refused, ...others.refused],
  };
}

function oneByOne(): string {
  return t("enroll them one by one, the second with --name NAME to keep both");
}

/**
 * What of a file is to be stored: what the vault does not have, and what was settled about accounts
 * with another secret.
 */
async function settleFile(
  { vault, seen }: SeenVault,
  named: readonly NamedDraft[],
  wishes: Pick<ConflictWishes, "replace" | "keepBoth">,
  repeating: Repeating,
  context: SettlingContext,
): Promise<Settled> {
  const { fresh, conflicts, repeated } = sortDrafts(vault, named, repeating, seen);
  const options = t("--replace takes the place of what is there, --keep-both keeps both");
  const settled = await settleConflicts(vault, conflicts, { ...wishes, options }, context);
  const whenRepeated = { keepBoth: wishes.keepBoth, options: t("--keep-both keeps both") };
  const others = await settleRepeated(vault, repeated, whenRepeated, context);
  const stored = new Set([...fresh, ...settled.drafts, ...others.drafts]);
  const wanted = named.filter((one) => stored.has(one));
  const isWanted = new Set(wanted);
  return {
    drafts: [...wanted, ...[...stored].filter((one) => !isWanted.has(one))],
    replacing: settled.replacing,
    refused: [...settled.refused, ...others.refused],
  };
}
