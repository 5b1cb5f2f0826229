import { isInUse } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import type { Drafts } from "./take-over.ts";

/**
 * Two devices may have added the same secret by themselves. All of them keep the token with the
 * lower id, and the vault's token then belongs to it.
 */
export function removeDoubles(drafts: Drafts, stamp: Stamp): void {
  const kept = new Map<string, string>();
  for (const id of [...drafts.tokens.keys()].sort()) {
    const draft = drafts.tokens.get(id);
    if (!draft || draft.secretKey === "" || draft.shared.holder || !isInUse(draft.shared)) continue;
    const keeper = kept.get(draft.secretKey);
    const first = keeper === undefined ? undefined : drafts.tokens.get(keeper);
    if (keeper === undefined || !first) {
      kept.set(draft.secretKey, id);
      continue;
    }
    if (!first.local) drafts.tokens.set(keeper, { ...first, local: draft.local });
    const shared = { ...draft.shared, removed: { value: true, stamp } };
    const isSpare = first.local !== null && draft.local?.id !== first.local.id;
    drafts.tokens.set(id, { ...draft, shared, isStale: true, local: isSpare ? draft.local : null });
  }
}
