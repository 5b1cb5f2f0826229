import type { RemoteBranches } from "#sync/git/repository.ts";
import type { Membership } from "#sync/members/member-chain.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import type { Vault } from "#vault/vault.ts";
import { keepGuarded, type Moving, takeNextSteps, tokensToRelease } from "./handover.ts";
import { type SyncState, writeSyncState } from "./sync-state.ts";
import { type Drafts, type OpenContent, type Opening, saysItHas } from "./take-over.ts";

/**
 * Every move that this device has a part in goes a step on, or ends. What is about to leave is
 * noted in the state (`begun`) before it is removed.
 */
export async function moveOn(
  drafts: Drafts,
  before: SyncState,
  { stamp, open, ...moving }: Moving & { readonly stamp: Stamp; readonly open: OpenContent },
) {
  const kept = await keepGuarded(drafts, stamp, moving, open);
  const releasing = tokensToRelease(drafts, moving);
  const begun = releasing.length === 0 ? before : noteReleasing(moving.vault, before, releasing);
  return { begun, kept, ...takeNextSteps(drafts, stamp, moving) };
}

/**
 * The ids of the files of the tokens that this device has released, and that a device which was out
 * before this round has not taken.
 */
export async function untakenBy(
  { members }: Pick<Membership, "members">,
  { tokens }: Drafts,
  {
    device,
    shown,
    opening,
  }: { readonly device: string; readonly shown: RemoteBranches; readonly opening: Opening },
): Promise<ReadonlySet<string>> {
  const untaken = new Set<string>();
  for (const [id, { shared }] of tokens) {
    const { from, step, device: receiver = "" } = shared.holder?.value ?? {};
    const isOut = !members.some((member) => member.id === receiver);
    if (from !== device || step !== "released" || !isOut) continue;
    const commit = shown.devices.get(receiver);
    if (commit === undefined || !(await saysItHas(receiver, { id, commit }, opening)))
      untaken.add(id);
  }
  return untaken;
}

/** Notes what is about to be removed: in the round after one that was cut off, no person has. */
function noteReleasing(vault: Vault, before: SyncState, ids: readonly string[]): SyncState {
  const releasing = [...new Set([...(before.releasing ?? []), ...ids])];
  return writeSyncState(vault, before, { ...before, releasing });
}

/** Whether a token waits to be stored, or to come back from a device that is out. */
export function hasUnfinished(
  { tokens }: SyncState,
  { members }: Membership,
  device: string,
): boolean {
  const isMember = (id: string) => members.some((member) => member.id === id);
  if (!isMember(device)) return false;
  return Object.values(tokens).some(({ shared: { holder }, isUnheard }) => {
    const { from, step, device: receiver = "" } = holder?.value ?? {};
    return isUnheard || (from === device && step === "released" && !isMember(receiver));
  });
}
