import { ownValue } from "#base/own-value.ts";
import { isSameJson, type JsonValue } from "#sync/tokens/json-value.ts";
import { isInUse, type SharedToken } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { Draft, Drafts } from "./take-over.ts";

/** The tokens of a vault, as a round reads them. */
export interface VaultTokens {
  readonly listed: ReadonlyMap<string, IndexEntry>;
  /** The ids of removed tokens that can be restored. */
  readonly removed: ReadonlySet<string>;
  /** The ids of tokens that a round has begun to release: it has removed them, and not a person. */
  readonly releasing: ReadonlySet<string>;
  /** The fields of a token that devices share. */
  fieldsOf(entry: IndexEntry): Readonly<Record<string, JsonValue>>;
}

/**
 * Finds what was changed in this vault since the last round and gives it a stamp: fields, removals
 * and restorations. A token that is gone from the vault without having been removed is brought
 * back.
 */
export function takeLocalChanges(drafts: Drafts, vault: VaultTokens, stamp: Stamp): void {
  for (const [id, draft] of drafts.tokens) {
    const changed = withLocalChanges(draft, vault, stamp);
    if (changed !== draft) drafts.tokens.set(id, changed);
  }
}

function withLocalChanges(draft: Draft, vault: VaultTokens, stamp: Stamp): Draft {
  const { local, shared } = draft;
  if (!local) {
    const isRestored = !isInUse(shared) && vault.listed.has(shared.token) && !shared.holder;
    return isRestored ? changed(draft, { removed: { value: false, stamp } }) : draft;
  }
  const entry = vault.listed.get(local.id);
  if (entry) return withChangedFields(draft, vault.fieldsOf(entry), stamp);
  if (!vault.removed.has(local.id)) return { ...draft, local: null };
  if (isLeaving(shared) && vault.releasing.has(local.id)) return draft;
  const gone = { ...draft, local: null };
  return isInUse(shared) ? changed(gone, { removed: { value: true, stamp } }) : gone;
}

/** A token that is being handed over is removed from this vault, and not for everybody. */
function isLeaving({ holder }: SharedToken): boolean {
  return holder?.value.step === "accepted" || holder?.value.step === "released";
}

function withChangedFields(
  draft: Draft,
  now: Readonly<Record<string, JsonValue>>,
  stamp: Stamp,
): Draft {
  const before = draft.local?.fields ?? {};
  const fields = { ...draft.shared.fields };
  let isChanged = false;
  for (const [name, value] of Object.entries(now)) {
    const isLocal = !isSameJson(ownValue(before, name) ?? null, value);
    const current = ownValue(fields, name);
    if (!isLocal || (current && isSameJson(current.value, value))) continue;
    fields[name] = { value, stamp };
    isChanged = true;
  }
  return isChanged ? changed(draft, { fields }) : draft;
}

function changed(draft: Draft, change: Partial<SharedToken>): Draft {
  return { ...draft, shared: { ...draft.shared, ...change }, isStale: true };
}
