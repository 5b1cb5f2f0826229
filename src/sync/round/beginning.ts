import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Repository } from "#sync/git/repository.ts";
import { hashOf, newDeviceKeys, newRecovery } from "#sync/keys/device-keys.ts";
import { type Invitation, requestWords, sealRequest } from "#sync/members/invitation.ts";
import { foundChain } from "#sync/members/member-chain.ts";
import type { Vault } from "#vault/vault.ts";
import { type RoundWork, runRound } from "./round.ts";
import { forgetSyncState, readSyncState, type SyncState, writeSyncState } from "./sync-state.ts";

/** A device's state before its first round. */
const NOTHING_YET = {
  clock: 0,
  head: null,
  commit: null,
  published: null,
  seen: {},
  loaded: {},
  tokens: {},
  invitations: [],
  lastSync: null,
} as const;

/** Throws FobError `usage` where this vault is synchronised already. */
export function refuseSecond(vault: Vault): void {
  const state = readSyncState(vault);
  if (!state) return;
  throw new FobError(
    "usage",
    state.joining
      ? t`this vault waits to join ${state.remote} already`
      : t`this vault is synchronised with ${state.remote} already`,
    { hint: t("`fob sync leave` ends that") },
  );
}

/**
 * Founds a synchronisation at an empty remote, with this device as its only member. Returns the
 * recovery identity, which is stored nowhere. After a failure nothing is kept.
 */
export async function foundSync(
  work: RoundWork,
  { remote, name }: { readonly remote: string; readonly name: string },
): Promise<{ readonly state: SyncState; readonly recoveryIdentity: string }> {
  const { vault, repository } = work;
  await repository.open(remote);
  const { devices } = await repository.fetch();
  if (devices.size > 0) {
    throw new FobError("usage", t("this repository holds a synchronisation already"), {
      hint: t("`fob sync invite` on one of its devices, then `fob sync join` here"),
    });
  }
  const keys = newDeviceKeys();
  const { identity, recipient } = newRecovery();
  const chain = foundChain(name, keys, recipient, work.clock());
  const genesis = hashOf(chain[0]);
  const before = readSyncState(vault);
  const begun = { ...NOTHING_YET, name, keys, remote, joining: null, genesis, chain };
  const state = writeSyncState(vault, before, begun);
  try {
    return { state: (await runRound(state, work)).state, recoveryIdentity: identity };
  } catch (error) {
    forgetSync(vault, repository);
    throw error;
  }
}

/** Sends a request to join. Returns the words that both screens show. */
export async function askToJoin(
  work: RoundWork,
  invitation: Invitation,
  name: string,
): Promise<{ readonly state: SyncState; readonly words: string }> {
  const { vault, repository } = work;
  const now = work.clock();
  if (invitation.expires <= now.getTime()) {
    throw new FobError("rejected", t("this invitation has expired"), {
      hint: t("`fob sync invite` makes another one, good for 15 minutes"),
    });
  }
  const keys = newDeviceKeys();
  const { signing, recipient } = keys;
  const request = { name, keys: { signing, recipient } };
  const { remote, genesis } = invitation;
  const before = readSyncState(vault);
  try {
    await repository.open(remote);
    await repository.request(invitation.id, sealRequest(request, invitation), now);
  } catch (error) {
    repository.remove();
    throw error;
  }
  const begun = { ...NOTHING_YET, name, keys, remote, joining: invitation, genesis, chain: [] };
  const state = writeSyncState(vault, before, begun);
  return { state, words: requestWords(request, invitation) };
}

/** Forgets the synchronisation on this device. The tokens stay. */
export function forgetSync(vault: Vault, repository: Repository): void {
  forgetSyncState(vault);
  repository.remove();
}
