import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { ownValue } from "#base/own-value.ts";
import type { RemoteBranches, Repository } from "#sync/git/repository.ts";
import { deviceId, hashOf } from "#sync/keys/device-keys.ts";
import { openerFor } from "#sync/keys/sealed-file.ts";
import type { SeenHead } from "#sync/members/head.ts";
import type { Invitation } from "#sync/members/invitation.ts";
import {
  extendChain,
  type MemberChain,
  type Membership,
  readMembership,
} from "#sync/members/member-chain.ts";
import type { CountedByDevice } from "#sync/tokens/counted-token.ts";
import { latestStamp, nameIn } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { fold } from "#token/names.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { countedHere } from "./counted-here.ts";
import { findSecondCounters, removeDoubles } from "./doubles.ts";
import { deleteReleased } from "./handover.ts";
import { type Approve, answerRequests } from "./join-requests.ts";
import { takeLocalChanges } from "./local-changes.ts";
import { hasUnfinished, moveOn, untakenBy } from "./moves.ts";
import { isRemovedHere, notApprovedYet, removedHere } from "./no-member.ts";
import { placeOfHome } from "./own-writes.ts";
import { prepareCommit } from "./publish.ts";
import { type RemoteView, readRemote } from "./remote-view.ts";
import { joinReports, type RoundReport } from "./round-report.ts";
import { requireSyncState, type SyncState, writeSyncState } from "./sync-state.ts";
import {
  type Draft,
  type Drafts,
  type OpenContent,
  openContent,
  openContents,
  takeOver,
} from "./take-over.ts";
import { inTurn, type TurnWork } from "./turns.ts";
import { belongsHere, changeVault, keyOf } from "./vault-changes.ts";
import { fieldsInVault } from "./vault-fields.ts";

/** What a round works with. */
export interface RoundWork extends TurnWork {
  readonly repository: Repository;
  readonly pinPrompt: PinPrompt;
  readonly asksPins: boolean;
  readonly look: Look;
}

/** What a round is to do besides. */
export interface Wishes {
  /** Adds shared tokens, or changes how they are held. */
  share?(drafts: Drafts, stamp: Stamp, membership: Membership): Promise<void>;
  /** Changes the membership. */
  changeMembers?(chain: MemberChain, membership: Membership): MemberChain;
  /** Decides about a request to join. */
  readonly approve?: Approve;
  /** Accepts a remote that has gone back. */
  readonly isTrusted?: boolean;
  /** Accepts that this home is older than its own branch: it was restored. */
  readonly isRestored?: boolean;
  /** The id of a member whose branch is not read. */
  readonly ignored?: string;
  /** The address of the remote from now on, if the round succeeds. */
  readonly remote?: string;
}

/** A round that has ended. */
interface Round {
  readonly state: SyncState;
  readonly report: RoundReport;
}

/** How often a round begins again when the remote has changed meanwhile. */
const TRIES = 3;

/**
 * One synchronisation: fetches, checks all that is new, merges it, makes the vault agree, and sends
 * what this device has changed. If it is killed anywhere, the next round does the rest: the vault
 * changes by steps that can be repeated, the state is written before anything is sent, and a branch
 * is replaced in one step. Rejects with FobError `usage` where nothing is synchronised (any more).
 */
export async function runRound(work: RoundWork, wishes: Wishes = {}): Promise<Round> {
  return inTurn(work, () => roundOfTurn(work, wishes));
}

/** {@link runRound} of a process whose turn it is already. */
export async function roundOfTurn(work: RoundWork, wishes: Wishes = {}): Promise<Round> {
  try {
    const { isUnfinished, ...round } = await untilSent(work, wishes);
    return isUnfinished ? await finish(round, work, wishes) : round;
  } catch (error) {
    if (isRemovedHere(error)) noteRemoved(work.vault);
    throw error;
  }
}

async function untilSent(
  work: RoundWork,
  wishes: Wishes,
): Promise<Round & { readonly isUnfinished: boolean }> {
  // now: another process may have been in a round, or may have left, until this turn
  let current = requireSyncState(work.vault);
  let wasDamaged = false;
  for (let attempt = 1; attempt <= TRIES; ) {
    try {
      const { state, report, isUnfinished } = await tryRound(current, work, wishes);
      if (report) return { state, report: { ...report, wasDamaged }, isUnfinished };
      current = state;
      attempt++;
    } catch (error) {
      const isDamaged = error instanceof FobError && (await work.repository.isDamaged());
      if (!isDamaged || wasDamaged) throw error;
      // only a copy: the next attempt makes it anew, from the state before this one
      work.repository.remove();
      wasDamaged = true;
      current = requireSyncState(work.vault);
    }
  }
  throw new FobError("unavailable", t("the remote changes faster than this device can send"));
}

/**
 * The rest of a round that ends a move: what arrives is stored once the others can see that it has,
 * and what was on its way to a device that is out comes back once that device can see that it is.
 * So of two devices that do this at once, one sees the other.
 */
async function finish(
  first: Round,
  work: RoundWork,
  { ignored, isTrusted, remote }: Wishes,
): Promise<Round> {
  const wishes = {
    ...(ignored === undefined ? {} : { ignored }),
    ...(isTrusted === undefined ? {} : { isTrusted }),
    ...(remote === undefined ? {} : { remote }),
  };
  try {
    const { state, report } = await tryRound(first.state, work, wishes);
    return { state, report: report ? joinReports(first.report, report) : first.report };
  } catch (error) {
    // the next round does it
    if (error instanceof FobError && error.code === "unavailable") return first;
    throw error;
  }
}

/** Other commands know then, too. */
function noteRemoved(vault: Vault): void {
  const state = requireSyncState(vault);
  if (!state.isRemoved) writeSyncState(vault, state, { ...state, isRemoved: true });
}

async function tryRound(
  current: SyncState,
  work: RoundWork,
  wishes: Wishes,
): Promise<{
  readonly state: SyncState;
  readonly report: Omit<RoundReport, "wasDamaged"> | null;
  /** Whether another round is to end what this one could only begin. */
  readonly isUnfinished: boolean;
}> {
  const { vault, repository, look } = work;
  const { isTrusted = false, isRestored = false, ignored = null } = wishes;
  const { remote = current.remote } = wishes;
  const device = deviceId(current.keys);
  const now = work.clock();
  const isNewCopy = await repository.open(remote);
  const shown = await repository.fetch();
  const before = isNewCopy ? await withoutLost(current, repository) : current;
  const openFile = openerFor(Buffer.from(before.keys.identity, "base64"));
  const view = await readRemote(before, repository, shown, {
    openFile,
    look,
    isTrusted,
    isRestored,
    ignored,
  });
  const { chain, requests, approved, used, foreign } = await settleMembers(
    before,
    view,
    shown,
    work,
    wishes,
  );
  const membership = readMembership(chain);
  const opening = { repository, openFile, membership, look };
  const drafts = draftsOf(before, shown.devices.get(device));
  await takeOver(drafts, view.branches, opening);
  const unshared = forgetLost(drafts);
  const stamp: Stamp = { time: clockOf(before, view, drafts) + 1, device };
  takeLocalChanges(
    drafts,
    {
      listed: new Map(vault.entries().map((entry) => [entry.id, entry])),
      removed: new Set(removedIds(vault)),
      releasing: new Set(before.releasing),
      fieldsOf: (entry) => fieldsInVault(vault, entry),
    },
    stamp,
  );
  const open = (id: string) => openContent(drafts, id, opening);
  await recognizeSecrets(drafts, vault, open);
  await wishes.share?.(drafts, stamp, membership);
  removeDoubles(drafts, stamp);
  await look();
  const untaken = await untakenBy(view.membership, drafts, { device, shown, opening });
  const moving = { vault, device, members: membership.members, now, untaken };
  const { begun, kept, ended, left } = await moveOn(drafts, before, { ...moving, stamp, open });
  const changes = await changeVault(drafts, {
    ...work,
    device,
    now,
    stamp,
    openContent: open,
  });
  const { [device]: said, ...others } = countsOfMembers(before, view);
  const own = countedHere(vault, before.genesis, said);
  const doubled = findSecondCounters(drafts, vault, { device, membership, own, others });
  const place = placeOfHome(vault.layout);
  const mustWrite = isRestored || hasMoved(before, place);
  const { commit, ...published } = await prepareCommit(
    { before, drafts, chain, membership, view, stamp, now, mustWrite, counts: own },
    { repository, look, open, openAll: (ids) => openContents(drafts, ids, opening) },
  );
  const isOpen = ({ id, expires }: Invitation) => expires > now.getTime() && !used.has(id);
  const invitations = before.invitations.filter(isOpen);
  const loaded = Object.fromEntries(view.branches.map(({ id, commit: tip }) => [id, tip]));
  const saved = writeSyncState(vault, begun, {
    ...begun,
    ...published,
    remote,
    commit: commit ?? before.commit,
    unsent: unsentAfter(before, commit === null ? null : published.head),
    place,
    joining: null,
    chain,
    clock: stamp.time,
    seen: view.seen,
    loaded: { ...(isTrusted ? {} : before.loaded), ...loaded },
    counts: { ...others, [device]: own },
    doubled,
    releasing: [],
    isRemoved: false,
    invitations,
    lastSync: before.lastSync,
  });
  const shownHere = shown.devices.get(device) ?? null;
  const isSent = saved.commit !== null && saved.commit !== shownHere;
  if (isSent && !(await repository.push(device, saved.commit ?? "", shownHere)))
    return { state: saved, report: null, isUnfinished: false };
  deleteReleased(drafts, before.tokens, { vault, device });
  const state = writeSyncState(vault, saved, afterSending(saved, device, now));
  const closed = before.invitations.flatMap((one) => (isOpen(one) ? [] : one.id));
  // the device that has the invitation can still ask
  await discardRequests([...closed, ...foreign], shown, repository);
  if (isSent) await discardLeftovers(view, { loaded: saved.loaded, shown, repository });
  if (isSent) await repository.tidy();
  const report = {
    ...changes,
    isSent,
    unshared,
    left,
    kept,
    ended,
    split: [...new Set([...drafts.split, ...namesOfTwo(drafts, before, device)])],
    doubled,
    unread: view.unread,
    strangers: view.strangers,
    approved,
    requests,
    foreignRequests: foreign.length,
    members: membership.members,
  };
  return { state, report, isUnfinished: hasUnfinished(state, membership, device) };
}

/** Takes the requests with these ids from the remote: nobody decides about them any more. */
async function discardRequests(
  ids: readonly string[],
  { requests }: Pick<RemoteBranches, "requests">,
  repository: Pick<Repository, "discard">,
): Promise<void> {
  for (const id of ids) if (requests.has(id)) await repository.discard("request", id);
}

/** What the members say that they count with; of this one, what it last said. */
function countsOfMembers({ counts = {} }: SyncState, view: RemoteView): CountedByDevice {
  const known = view.membership.members.flatMap(({ id }) => {
    const counted = ownValue(counts, id);
    return counted ? [[id, counted] as const] : [];
  });
  const told = view.branches.map(({ id, counts: counted }) => [id, counted] as const);
  return Object.fromEntries([...known, ...told]);
}

/**
 * Removes the branches of devices that are out, of which everything is taken over. What one of them
 * has written since stays: it may say that the device has a token.
 */
async function discardLeftovers(
  { leftovers }: RemoteView,
  {
    loaded,
    shown,
    repository,
  }: Pick<SyncState, "loaded"> & {
    readonly shown: RemoteBranches;
    readonly repository: Pick<Repository, "discard">;
  },
): Promise<void> {
  for (const id of leftovers) {
    const commit = ownValue(loaded, id);
    if (commit !== undefined && commit === shown.devices.get(id))
      await repository.discard("device", id, commit);
  }
}

/** Whether this home was moved or copied since its last round. */
function hasMoved(before: SyncState, place: string): boolean {
  return before.place !== undefined && before.place !== place;
}

/** The state once the remote shows what this device has made. */
function afterSending(saved: SyncState, device: string, now: Date): SyncState {
  const { head, commit, seen, loaded } = saved;
  return {
    ...saved,
    seen: head ? { ...seen, [device]: head } : seen,
    loaded: commit ? { ...loaded, [device]: commit } : loaded,
    unsent: [],
    lastSync: now.toISOString(),
  };
}

/** In place of the id of a content that the copy has lost. */
const LOST = "";

/**
 * The state for a copy of the repository that was made anew. What was made for the remote and never
 * sent is gone with the former copy: all branches are read again, and it is made once more.
 */
async function withoutLost(state: SyncState, repository: Repository): Promise<SyncState> {
  const blobs = Object.values(state.tokens).map(({ blob }) => blob);
  const sizes = await repository.sizes(blobs);
  const hasCommit = state.commit === null || (await repository.hasCommit(state.commit));
  if (hasCommit && blobs.every((blob) => sizes.has(blob))) return state;
  const tokens = Object.entries(state.tokens).map(([id, known]) => [
    id,
    sizes.has(known.blob) ? known : { ...known, blob: LOST },
  ]);
  return {
    ...state,
    tokens: Object.fromEntries(tokens),
    loaded: {},
    published: null,
    commit: hasCommit ? state.commit : null,
  };
}

/** `shown` is the commit that the remote shows as this device's, if there is one. */
function draftsOf({ tokens, commit }: SyncState, shown: string | undefined): Drafts {
  const isHeard = commit !== null && commit === shown;
  const drafts = Object.entries(tokens).map(([id, known]) => {
    const { isUnheard = false, ...rest } = known;
    return [
      id,
      {
        ...rest,
        ...(isUnheard && !isHeard ? { isUnheard } : {}),
        isStale: known.blob === LOST,
      },
    ] as const;
  });
  return { tokens: new Map(drafts), contents: new Map(), split: new Set() };
}

/** Takes out the tokens whose content is nowhere in the repository. Returns their names. */
function forgetLost({ tokens, contents }: Drafts): readonly string[] {
  const names: string[] = [];
  for (const [id, { blob, shared, local }] of tokens) {
    if (blob !== LOST || contents.has(id)) continue;
    tokens.delete(id);
    if (local) names.push(nameIn(shared));
  }
  return names;
}

/** More attempts to send than anybody makes. */
const MAX_UNSENT = 1_000;

function unsentAfter({ unsent = [] }: SyncState, head: SeenHead | null): readonly SeenHead[] {
  return head ? [...unsent, head].slice(-MAX_UNSENT) : unsent;
}

/** The members after what others and this device have changed. */
async function settleMembers(
  before: SyncState,
  view: RemoteView,
  shown: RemoteBranches,
  work: RoundWork,
  wishes: Wishes,
) {
  const device = deviceId(before.keys);
  const now = work.clock();
  if (!view.membership.members.some(({ id }) => id === device))
    throw before.joining ? notApprovedYet(before, shown) : removedHere();
  let chain = repeatLost(before, view.chain, now);
  chain = wishes.changeMembers?.(chain, readMembership(chain)) ?? chain;
  return answerRequests(before, chain, shown, {
    repository: work.repository,
    now,
    approve: wishes.approve ?? (async () => null),
  });
}

/** Makes own changes again that lost against those of another device. */
function repeatLost(before: SyncState, chain: MemberChain, at: Date): MemberChain {
  const kept = new Set(chain.map(hashOf));
  const device = deviceId(before.keys);
  let repeated = chain;
  for (const entry of before.chain) {
    const { action, member, author } = entry.body;
    if (author !== device || action === "found" || kept.has(hashOf(entry))) continue;
    const { members, former } = readMembership(repeated);
    const isMember = members.some(({ id }) => id === member.id);
    const isKnown = isMember || former.some(({ id }) => id === member.id);
    if (action === "remove" ? !isMember : isKnown) continue;
    repeated = extendChain(repeated, { action, member, at }, before.keys);
  }
  return repeated;
}

/**
 * The names that two tokens with different secrets have which belong here, where one of them is new
 * to this device: two devices have added one account, each with a secret of its own.
 */
function namesOfTwo({ tokens }: Drafts, before: SyncState, device: string): readonly string[] {
  const byName = new Map<string, { readonly id: string; readonly draft: Draft }[]>();
  for (const [id, draft] of tokens) {
    if (!belongsHere(draft, device)) continue;
    const name = fold(nameIn(draft.shared));
    byName.set(name, [...(byName.get(name) ?? []), { id, draft }]);
  }
  return [...byName.values()].flatMap((same) => {
    const [first] = same;
    const areTwo = new Set(same.map(({ draft }) => draft.secretKey)).size > 1;
    const isNew = same.some(({ id }) => ownValue(before.tokens, id) === undefined);
    return first && areTwo && isNew ? [nameIn(first.draft.shared)] : [];
  });
}

async function recognizeSecrets(drafts: Drafts, vault: Vault, open: OpenContent): Promise<void> {
  for (const [id, draft] of drafts.tokens) {
    if (draft.secretKey !== "") continue;
    drafts.tokens.set(id, { ...draft, secretKey: keyOf(await open(id), vault) });
  }
}

function clockOf({ clock }: SyncState, { branches }: RemoteView, { tokens }: Drafts): number {
  let latest = clock;
  for (const branch of branches) latest = Math.max(latest, branch.clock);
  for (const { shared } of tokens.values()) latest = Math.max(latest, latestStamp(shared).time);
  return latest;
}
