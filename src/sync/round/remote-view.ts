import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { ownValue } from "#base/own-value.ts";
import { shellWord } from "#base/shell-word.ts";
import type { RemoteBranches, Repository, TreeFile } from "#sync/git/repository.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import type { OpenFile } from "#sync/keys/sealed-file.ts";
import {
  checkHead,
  decodeFarewell,
  decodeHead,
  filesDigest,
  type HeadBody,
  seenOf,
} from "#sync/members/head.ts";
import {
  type Member,
  type MemberChain,
  type Membership,
  mergeChains,
  readMembership,
} from "#sync/members/member-chain.ts";
import { checkAgainstSeen, joinSeen, type SeenHeads } from "#sync/members/seen.ts";
import type { CountedToken } from "#sync/tokens/counted-token.ts";
import { FILE_ID } from "#sync/tokens/token-file.ts";
import { isDamage } from "#token/newer.ts";
import { notApprovedYet, removedHere } from "./no-member.ts";
import { refuseTwin } from "./own-writes.ts";
import type { SyncState } from "./sync-state.ts";

/** The name of the head in a branch. */
export const HEAD_FILE = "head.age";

/** The name of a token's file in a branch. */
export const tokenFile = (id: string) => `tokens/${id}.age`;

/** The name of the file that tells a former member that it is one. */
export const farewellFile = (device: string) => `former/${device}.age`;

/** Heads hold the list of members, and little else; bytes. */
const MAX_HEAD = 16 * 1024 * 1024;

/** The longest secret and all fields of a token, encrypted; bytes. */
export const MAX_TOKEN_FILE = 1024 * 1024;

const FAREWELL = /^former\/[0-9a-f]{16}\.age$/;

/** More tokens than any vault has. */
const MAX_FILES = 100_000;

/** A branch whose content this device has not taken over yet. */
export interface NewBranch {
  readonly id: string;
  readonly commit: string;
  readonly clock: number;
  /** What the device says that it counts with. */
  readonly counts: readonly CountedToken[];
  /** The token files by the id of the token file. */
  readonly tokens: ReadonlyMap<string, TreeFile>;
}

/** What a remote shows, checked. Nothing is taken over yet. */
export interface RemoteView {
  readonly chain: MemberChain;
  readonly membership: Membership;
  readonly branches: readonly NewBranch[];
  /** What is known to exist, with what was seen now. */
  readonly seen: SeenHeads;
  /** Members whose branch is not encrypted for this device yet, by name. */
  readonly unread: readonly string[];
  /** Branches of devices that are no members. */
  readonly strangers: readonly string[];
  /** Branches of devices that were members: they have no effect, and can be removed. */
  readonly leftovers: readonly string[];
}

interface OpenedBranch {
  readonly commit: string;
  readonly body: HeadBody;
  readonly signature: string;
  readonly files: ReadonlyMap<string, TreeFile>;
}

/**
 * Reads and checks what is new at the remote. Throws FobError `rejected` where anything was
 * changed, left out, added, exchanged or turned back, `denied` where this device is no member any
 * more.
 */
export async function readRemote(
  state: SyncState,
  repository: Repository,
  shown: RemoteBranches,
  {
    openFile,
    look,
    isTrusted,
    isRestored,
    ignored,
  }: {
    readonly openFile: OpenFile;
    readonly look: Look;
    readonly isTrusted: boolean;
    /** Whether this home may be older than its own branch. */
    readonly isRestored: boolean;
    /** The id of a member whose branch is not read; null for none. */
    readonly ignored: string | null;
  },
): Promise<RemoteView> {
  const devices = new Map([...shown.devices].filter(([id]) => id !== ignored));
  const unread = [...devices].filter(
    ([id, commit]) => isTrusted || ownValue(state.loaded, id) !== commit,
  );
  const { opened, closed, broken } = await openBranches(unread, state, repository, {
    openFile,
    look,
  });
  for (const [id, reason] of shown.broken) if (id !== ignored) broken.set(id, notFetched(reason));
  const { chain, membership } = settleChain(state, shown, opened, broken);
  const members = new Map(
    membership.members.flatMap((one) => (one.id === ignored ? [] : [[one.id, one] as const])),
  );
  const former = new Set(membership.former.map(({ id }) => id));
  const nameOf = (id: string) =>
    [...membership.members, ...membership.former].find((one) => one.id === id)?.name ?? id;
  refuseBroken(broken, members);
  const ofMembers = [...opened].filter(([id]) => members.has(id));
  for (const [id, branch] of ofMembers) {
    const member = members.get(id);
    if (member) checkBranch(branch, member, state.clock);
  }
  const own = opened.get(deviceId(state.keys));
  if (own && !isRestored) refuseTwin({ ...state, name: nameOf(own.body.device) }, seenOf(own.body));
  const seen = checkSeen(state, { devices, ofMembers, closed, members, nameOf, isTrusted });
  const outside = [...new Set([...devices.keys(), ...broken.keys()])].filter(
    (id) => !members.has(id),
  );
  return {
    chain,
    membership,
    branches: ofMembers.map(([id, { commit, body, files }]) => ({
      id,
      commit,
      clock: body.clock,
      counts: body.counts ?? [],
      tokens: tokensIn(files),
    })),
    seen,
    unread: closed.filter((id) => members.has(id)).map(nameOf),
    strangers: outside.filter((id) => !former.has(id)),
    leftovers: outside.filter((id) => former.has(id)),
  };
}

/** The branches that this device can open, those that it cannot, and those that are wrong. */
async function openBranches(
  branches: readonly (readonly [id: string, commit: string])[],
  state: SyncState,
  repository: Repository,
  { openFile, look }: { readonly openFile: OpenFile; readonly look: Look },
) {
  const opened = new Map<string, OpenedBranch>();
  const closed: string[] = [];
  const broken = new Map<string, FobError>();
  for (const [id, commit] of branches) {
    await look();
    try {
      const branch = await openBranch(repository, commit, openFile);
      if (branch) opened.set(id, branch);
      else closed.push(id);
      if (!branch) await refuseFarewell(repository, commit, state, openFile);
    } catch (error) {
      if (!isOfBranch(error)) throw error;
      broken.set(id, error);
    }
  }
  return { opened, closed, broken };
}

/** Whether an error may be about one branch, and not about this device. */
export function isOfBranch(error: unknown): error is FobError {
  return error instanceof FobError && ["rejected", "invalid", "unavailable"].includes(error.code);
}

function notFetched(reason: string): FobError {
  return new FobError("rejected", t`it cannot be fetched: ${reason}`);
}

/** A branch that cannot be read ends the round where it is a member's; others have no effect. */
function refuseBroken(
  broken: ReadonlyMap<string, FobError>,
  members: ReadonlyMap<string, Member>,
): void {
  for (const [id, error] of broken) {
    const member = members.get(id);
    if (member) throw unreadableBranch(member, error);
  }
}

/** The error of a member's branch that cannot be read, by its cause. */
export function unreadableBranch(member: Member, error: FobError): FobError {
  const { code, message, hint = removeIt(member) } = error;
  return new FobError(code, t`the branch of ${member.name} cannot be read: ${message}`, {
    hint,
    cause: error,
  });
}

/** A device's branch, or null where it is encrypted for others only, or holds no head. */
async function openBranch(
  repository: Repository,
  commit: string,
  openFile: OpenFile,
): Promise<OpenedBranch | null> {
  const files = await repository.files(commit);
  const head = files.get(HEAD_FILE);
  if (!head || head.bytes > MAX_HEAD || files.size > MAX_FILES) return null;
  const [sealed] = await repository.read([head]);
  const bytes = sealed && (await openFile(sealed).catch(nullIfDamaged));
  if (!bytes) return null;
  try {
    return { commit, files, ...decodeHead(bytes) };
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
}

/** Throws FobError `denied` where a branch proves that this device is no member any more. */
async function refuseFarewell(
  repository: Repository,
  commit: string,
  { keys, genesis }: SyncState,
  openFile: OpenFile,
): Promise<void> {
  const device = deviceId(keys);
  const file = (await repository.files(commit)).get(farewellFile(device));
  if (!file || file.bytes > MAX_HEAD) return;
  const [sealed] = await repository.read([file]);
  const bytes = sealed && (await openFile(sealed).catch(nullIfDamaged));
  const membership = bytes && readMembership(decodeFarewell(bytes));
  if (membership && membership.genesis === genesis && isFormer(device, membership))
    throw removedHere();
}

/** Whether a device was a member, and is none any more. */
function isFormer(device: string, { former }: Membership): boolean {
  return former.some(({ id }) => id === device);
}

function nullIfDamaged(error: unknown): null {
  if (error instanceof FobError && error.code === "invalid") return null;
  throw error;
}

/**
 * The list of members after all branches. A list proves itself: every entry is signed, and the
 * first one is known. So the branch of a device that has left counts here, too.
 */
function settleChain(
  state: SyncState,
  shown: RemoteBranches,
  opened: Map<string, OpenedBranch>,
  broken: Map<string, FobError>,
): { readonly chain: MemberChain; readonly membership: Membership } {
  let { chain } = state;
  for (const [id, { body }] of opened) {
    try {
      if (readMembership(body.chain).genesis !== state.genesis) continue;
      chain = chain.length === 0 ? body.chain : mergeChains(chain, body.chain);
    } catch (error) {
      if (!isOfBranch(error)) throw error;
      opened.delete(id);
      broken.set(id, error);
    }
  }
  if (chain.length === 0) throw notApprovedYet(state, shown);
  return { chain, membership: readMembership(chain) };
}

/** More changes than one device sees between two of its rounds. */
const MAX_LEAP = 2 ** 32;

function checkBranch(branch: OpenedBranch, member: Member, clock: number): void {
  checkHead(branch, member);
  if (branch.body.clock > clock + MAX_LEAP) {
    throw new FobError(
      "rejected",
      t`${member.name} gives its changes a time that no device has come to`,
      { hint: removeIt(member) },
    );
  }
  const files = new Map([...branch.files].filter(([name]) => name !== HEAD_FILE));
  const blobs = new Map([...files].map(([name, { blob }]) => [name, blob]));
  const isOdd = [...files].some(
    ([name, { bytes }]) =>
      !(FILE_ID.test(idIn(name)) && bytes <= MAX_TOKEN_FILE) && !FAREWELL.test(name),
  );
  if (isOdd || filesDigest(blobs) !== branch.body.files) {
    throw new FobError(
      "rejected",
      t`the files of ${member.name} are not those that it has signed: some were added, left out or exchanged`,
      { hint: t("nothing was taken over; whoever runs the remote may have changed them") },
    );
  }
}

function removeIt({ name }: Member): string {
  return t`nothing was taken over; \`fob sync remove ${shellWord(name)}\` takes the device out`;
}

interface Showing {
  readonly devices: ReadonlyMap<string, string>;
  readonly ofMembers: readonly (readonly [string, OpenedBranch])[];
  readonly closed: readonly string[];
  readonly members: ReadonlyMap<string, Member>;
  readonly nameOf: (id: string) => string;
  readonly isTrusted: boolean;
}

function checkSeen(state: SyncState, showing: Showing): SeenHeads {
  const { devices, ofMembers, closed, members, nameOf, isTrusted } = showing;
  const shown: Record<string, { number: number; hash: string }> = {};
  for (const [id, { body }] of ofMembers) shown[id] = seenOf(body);
  // an unchanged commit shows what was seen before
  for (const [id, commit] of devices) {
    const before = ownValue(state.seen, id);
    if (before && !ownValue(shown, id) && ownValue(state.loaded, id) === commit) shown[id] = before;
  }
  if (isTrusted) return shown;
  let known = ownMembers(state.seen, members);
  for (const [, { body }] of ofMembers)
    known = joinSeen(known, ownMembers(body.seen, members), nameOf);
  // others may have seen a branch that this device could not read yet
  const unreadable = new Set(closed.filter((id) => !ownValue(state.loaded, id)));
  const expected = Object.entries(known).filter(([id]) => !unreadable.has(id));
  const exchanged = closed.find((id) => members.has(id) && !unreadable.has(id));
  if (exchanged !== undefined) {
    throw new FobError(
      "rejected",
      t`the branch of ${nameOf(exchanged)} cannot be opened any more: it was exchanged`,
      { hint: t("nothing was taken over; whoever runs the remote may have changed it") },
    );
  }
  checkAgainstSeen(shown, Object.fromEntries(expected), nameOf);
  return { ...known, ...shown };
}

function ownMembers(seen: SeenHeads, members: ReadonlyMap<string, Member>): SeenHeads {
  return Object.fromEntries(Object.entries(seen).filter(([id]) => members.has(id)));
}

function tokensIn(files: ReadonlyMap<string, TreeFile>): ReadonlyMap<string, TreeFile> {
  const tokens = new Map<string, TreeFile>();
  for (const [name, file] of files) if (idIn(name) !== "") tokens.set(idIn(name), file);
  return tokens;
}

/** The id in the name of a token file; empty for any other name. */
function idIn(name: string): string {
  return /^tokens\/([0-9a-f]{32})\.age$/.exec(name)?.[1] ?? "";
}
