import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  type DeviceKeys,
  deviceId,
  hashOf,
  isSigned,
  type PublicKeys,
  signValue,
} from "#sync/keys/device-keys.ts";
import { fold } from "#token/names.ts";

/** A device that reads and writes the shared tokens. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly keys: PublicKeys;
}

/**
 * One change of membership. `previous` is the hash of the entry before, so that entries can neither
 * be left out nor put in another order. The first entry founds the synchronisation: its author
 * is its own member, and it names the recovery recipient.
 */
interface ChainBody {
  readonly number: number;
  readonly previous: string | null;
  readonly action: "found" | "add" | "remove";
  readonly member: Member;
  /** The recipient of the recovery identity, in Base64; in the first entry only. */
  readonly recovery: string | null;
  readonly at: string;
  /** The id of the device that signs. */
  readonly author: string;
}

/** A signed change of membership. */
export interface ChainEntry {
  readonly body: ChainBody;
  readonly signature: string;
}

/** All changes of membership, from the first on. */
export type MemberChain = readonly ChainEntry[];

/** Who is a member after the last entry of a chain, and who no longer is. */
export interface Membership {
  readonly members: readonly Member[];
  readonly former: readonly Member[];
  readonly recovery: string;
  /** The hash of the first entry: the identity of the synchronisation. */
  readonly genesis: string;
  /** The number of entries. It increases with every change of who can read. */
  readonly epoch: number;
}

/** More changes of membership than any team makes. */
const MAX_ENTRIES = 5_000;

const PURPOSE = "sync members";

const Key = v.pipe(v.string(), v.length(44), v.base64());
const Id = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** The public keys of a device as JSON. */
export const PublicKeysSchema = v.strictObject({ signing: Key, recipient: Key });

/** A chain as JSON; {@link readMembership} verifies it. */
export const ChainSchema = v.pipe(
  v.array(
    v.strictObject({
      body: v.strictObject({
        number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
        previous: v.nullable(Hash),
        action: v.picklist(["found", "add", "remove"]),
        member: v.strictObject({ id: Id, name: Name, keys: PublicKeysSchema }),
        recovery: v.nullable(Key),
        at: v.pipe(v.string(), v.maxLength(40)),
        author: Id,
      }),
      signature: v.pipe(v.string(), v.length(88), v.base64()),
    }),
  ),
  v.minLength(1),
  v.maxLength(MAX_ENTRIES),
);

/** The first entry of a new chain. */
export function foundChain(
  name: string,
  keys: DeviceKeys,
  recovery: string,
  at: Date,
): MemberChain {
  const member = toMember(name, keys);
  return [
    signEntry(
      {
        number: 1,
        previous: null,
        action: "found",
        member,
        recovery,
        at: at.toISOString(),
        author: member.id,
      },
      keys,
    ),
  ];
}

/** The chain with one more change, signed by the device with these keys. */
export function extendChain(
  chain: MemberChain,
  change: { readonly action: "add" | "remove"; readonly member: Member; readonly at: Date },
  keys: DeviceKeys,
): MemberChain {
  const { action, member, at } = change;
  const extended = [
    ...chain,
    signEntry(
      {
        number: chain.length + 1,
        previous: hashOf(chain.at(-1)),
        action,
        member,
        recovery: null,
        at: at.toISOString(),
        author: deviceId(keys),
      },
      keys,
    ),
  ];
  readMembership(extended);
  return extended;
}

/** A member from what it says of itself. */
export function toMember(name: string, { signing, recipient }: PublicKeys): Member {
  const keys = { signing, recipient };
  return { id: deviceId(keys), name, keys };
}

/** The members of a chain; none where it is empty: this device was not let in yet. */
export function membersIn(chain: MemberChain): readonly Member[] {
  return chain.length > 0 ? readMembership(chain).members : [];
}

/**
 * Verifies a chain: every entry follows the one before, and is signed by a device that was a member
 * then. Throws FobError `rejected` for any other chain.
 */
export function readMembership(chain: MemberChain): Membership {
  const members = new Map<string, Member>();
  const former = new Map<string, Member>();
  let previous: string | null = null;
  for (const [i, entry] of chain.entries()) {
    const { number, action, member } = entry.body;
    const isInPlace = number === i + 1 && entry.body.previous === previous;
    if (!isInPlace || !isAllowed(entry, members, former)) throw brokenChain(i);
    if (action === "remove") {
      former.set(member.id, member);
      members.delete(member.id);
    } else members.set(member.id, member);
    previous = hashOf(entry);
  }
  const [first] = chain;
  return {
    members: [...members.values()],
    former: [...former.values()],
    recovery: first?.body.recovery ?? "",
    genesis: hashOf(first),
    epoch: chain.length,
  };
}

/** Whether a member has signed this change, and it can be made. */
function isAllowed(
  { body, signature }: ChainEntry,
  members: ReadonlyMap<string, Member>,
  former: ReadonlyMap<string, Member>,
): boolean {
  const { number, action, member, author, recovery } = body;
  const isFirst = number === 1;
  if (isFirst !== (action === "found") || isFirst !== (recovery !== null)) return false;
  const signer = isFirst && author === member.id ? member : members.get(author);
  if (!signer || member.id !== deviceId(member.keys)) return false;
  if (!isSigned(body, PURPOSE, signature, signer.keys)) return false;
  return action === "remove" ? members.has(member.id) : !isTaken(member, members, former);
}

/** Whether a name is another member's already, in any letter case. */
export function isNameTaken(name: string, members: readonly Member[]): boolean {
  return members.some((member) => fold(member.name) === fold(name));
}

/**
 * The chain that counts when two devices have changed the membership at the same time, for a device
 * that has accepted `own`. A chain whose own part begins with a change by a device that the other
 * chain removes loses: a removed device cannot undo its removal where that is known. Otherwise the
 * longer chain counts, and of equal ones all devices choose the same; the author of the other makes
 * its change again. Two devices that remove each other part: everybody stays with the removal that
 * came first. Throws FobError `rejected` for two chains with different beginnings.
 */
export function mergeChains(own: MemberChain, theirs: MemberChain): MemberChain {
  const fork = firstDifference(own, theirs);
  if (fork === own.length) return theirs;
  if (fork === theirs.length) return own;
  if (fork === 0)
    throw new FobError("rejected", t("the remote holds the members of another synchronisation"));
  if (isExpelled(theirs, own, fork)) return own;
  if (isExpelled(own, theirs, fork)) return theirs;
  if (own.length !== theirs.length) return own.length > theirs.length ? own : theirs;
  return hashOf(own[fork]) < hashOf(theirs[fork]) ? own : theirs;
}

/** Whether `other` removes the device that signed the first entry of `chain` after the fork. */
function isExpelled(chain: MemberChain, other: MemberChain, fork: number): boolean {
  const author = chain[fork]?.body.author;
  return other
    .slice(fork)
    .some(
      ({ body }) => body.action === "remove" && body.member.id === author && body.author !== author,
    );
}

function firstDifference(a: MemberChain, b: MemberChain): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a[i] !== b[i] && hashOf(a[i]) !== hashOf(b[i])) return i;
  }
  return shorter;
}

function isTaken(
  member: Member,
  members: ReadonlyMap<string, Member>,
  former: ReadonlyMap<string, Member>,
): boolean {
  return (
    members.has(member.id) ||
    former.has(member.id) ||
    isNameTaken(member.name, [...members.values()])
  );
}

function signEntry(body: ChainBody, keys: DeviceKeys): ChainEntry {
  return { body, signature: signValue(body, PURPOSE, keys) };
}

function brokenChain(index: number): FobError {
  return new FobError(
    "rejected",
    t`entry ${index + 1} of the list of members is not signed by a member, or not in its place`,
    { hint: t("nothing was taken over; whoever runs the remote may have changed it") },
  );
}
