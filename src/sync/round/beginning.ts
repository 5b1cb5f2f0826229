import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { DEVICE_BRANCH, REQUEST_BRANCH } from "#sync/git/repository.ts";
import { hashOf, newDeviceKeys, newRecovery } from "#sync/keys/device-keys.ts";
import { type Invitation, requestWords, sealRequest } from "#sync/members/invitation.ts";
import { foundChain } from "#sync/members/member-chain.ts";
import { printable } from "#token/printable.ts";
import type { Vault } from "#vault/vault.ts";
import { type RoundWork, roundOfTurn } from "./round.ts";
import { forgetSyncState, readSyncState, type SyncState, writeSyncState } from "./sync-state.ts";
import { inTurn, type TurnWork } from "./turns.ts";

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

/** What forgetting a synchronisation needs. */
type ForgettingWork = TurnWork & Pick<RoundWork, "repository">;

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
  place: { readonly remote: string; readonly name: string },
): Promise<{ readonly state: SyncState; readonly recoveryIdentity: string }> {
  return inTurn(work, () => foundInTurn(work, place));
}

async function foundInTurn(
  work: RoundWork,
  { remote, name }: { readonly remote: string; readonly name: string },
) {
  const { vault, repository } = work;
  refuseSecond(vault);
  await repository.open(remote);
  refuseUsed(await repository.names());
  const keys = newDeviceKeys();
  const { identity, recipient } = newRecovery();
  const chain = foundChain(name, keys, recipient, work.clock());
  const genesis = hashOf(chain[0]);
  const begun = { ...NOTHING_YET, name, keys, remote, joining: null, genesis, chain };
  writeSyncState(vault, null, begun);
  try {
    return { state: (await roundOfTurn(work)).state, recoveryIdentity: identity };
  } catch (error) {
    forgetAll(work);
    throw error;
  }
}

/** Throws FobError `usage` for a repository with branches or tags. */
function refuseUsed(names: readonly string[]): void {
  if (names.some((name) => name.startsWith(DEVICE_BRANCH))) {
    throw new FobError("usage", t("this repository holds a synchronisation already"), {
      hint: t(
        "`fob sync invite` on one of its devices, then `fob sync join` here; if all of them are lost, begin with an empty repository",
      ),
    });
  }
  const other = names.find(
    (name) => /^refs\/(?:heads|tags)\//.test(name) && !name.startsWith(REQUEST_BRANCH),
  );
  if (other === undefined) return;
  throw new FobError("usage", printable(t`this repository is used for something else: ${other}`), {
    hint: t("make an empty one for `fob sync`, without a README or a first commit"),
  });
}

/** Throws FobError `not-found` for a repository in which no device has written. */
function refuseEmpty(names: readonly string[], remote: string): void {
  if (names.some((name) => name.startsWith(DEVICE_BRANCH))) return;
  throw new FobError("not-found", t`${remote} holds no synchronisation`, {
    hint: t("`fob sync join --remote ADDRESS` says where its repository is from here"),
  });
}

/** Sends a request to join. Returns the words that both screens show. */
export async function askToJoin(
  work: RoundWork,
  invitation: Invitation,
  name: string,
): Promise<{ readonly state: SyncState; readonly words: string }> {
  return inTurn(work, () => askInTurn(work, invitation, name));
}

async function askInTurn(
  { vault, repository, clock }: RoundWork,
  invitation: Invitation,
  name: string,
) {
  refuseSecond(vault);
  const now = clock();
  if (invitation.expires <= now.getTime()) {
    throw new FobError("rejected", t("this invitation has expired"), {
      hint: t("`fob sync invite` makes another one, good for 15 minutes"),
    });
  }
  const keys = newDeviceKeys();
  const { signing, recipient } = keys;
  const request = { name, keys: { signing, recipient } };
  const { remote, genesis } = invitation;
  try {
    await repository.open(remote);
    refuseEmpty(await repository.names(), remote);
    await repository.request(invitation.id, sealRequest(request, invitation), now);
  } catch (error) {
    repository.remove();
    throw error;
  }
  const begun = { ...NOTHING_YET, name, keys, remote, joining: invitation, genesis, chain: [] };
  const state = writeSyncState(vault, null, begun);
  return { state, words: requestWords(request, invitation) };
}

/**
 * Forgets the synchronisation on this device, once no other process is in a round. The tokens stay.
 */
export async function forgetSync(work: ForgettingWork): Promise<void> {
  await inTurn(work, async () => forgetAll(work));
}

function forgetAll({ vault, repository }: Pick<ForgettingWork, "vault" | "repository">): void {
  forgetSyncState(vault);
  repository.remove();
}
