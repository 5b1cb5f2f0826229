import { ownValue } from "#base/own-value.ts";
import type { Member } from "#sync/members/member-chain.ts";
import { type Holder, isInUse, nameIn, type Register } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { counterOf } from "#token/counter.ts";
import { codesOf } from "#vault/belongings/recovery-codes.ts";
import { discard } from "#vault/trash/discarding.ts";
import {
  inTrash,
  readRemoved,
  removedCell,
  removedIds,
  removeToken,
} from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import type { KnownToken } from "./sync-state.ts";
import type { Draft, Drafts, OpenContent } from "./take-over.ts";

/** What the moves of a round need. */
export interface Moving {
  readonly vault: Vault;
  readonly device: string;
  readonly members: readonly Pick<Member, "id">[];
  readonly now: Date;
  /** The ids of the files of released tokens whose receiver is out and has not taken them. */
  readonly untaken: ReadonlySet<string>;
}

/** The ids of the tokens in this vault that this device releases in this round. */
export function tokensToRelease(
  { tokens }: Drafts,
  { vault, device, members }: Pick<Moving, "vault" | "device" | "members">,
): readonly string[] {
  const listed = new Set(vault.entries().map(({ id }) => id));
  const areMembers = (...ids: string[]) => ids.every((id) => members.some((one) => one.id === id));
  return [...tokens.values()].flatMap(({ shared, local }) => {
    const holder = shared.holder?.value;
    const isDue = holder?.from === device && holder.step === "accepted" && isInUse(shared);
    const id = local?.id ?? shared.token;
    return isDue && listed.has(id) && areMembers(device, holder.device) ? [id] : [];
  });
}

/**
 * Takes back what has got a PIN here since it was offered: its file has none, and the other device
 * would store it without one. It can be offered again. Returns the names of the tokens.
 */
export async function keepGuarded(
  drafts: Drafts,
  stamp: Stamp,
  { vault, device }: Pick<Moving, "vault" | "device">,
  open: OpenContent,
): Promise<readonly string[]> {
  const kept: string[] = [];
  const pins = new Map(vault.entries().map(({ id, pin }) => [id, pin]));
  for (const [id, draft] of drafts.tokens) {
    const { shared, local } = draft;
    const holder = shared.holder?.value;
    if (holder?.from !== device || holder.step === "released" || !isInUse(shared)) continue;
    if (!local || pins.get(local.id) !== "user" || (await open(id)).pin === "user") continue;
    const back = keepFor(device, draft, holder, stamp);
    const removed = { value: true, stamp };
    drafts.tokens.set(id, { ...back, shared: { ...back.shared, removed }, local: null });
    kept.push(nameIn(shared));
  }
  return kept;
}

/**
 * Takes the next step of every move in which this device takes part. The receiver accepts what is
 * offered; the owner then removes the token and releases it with its last counter; the receiver
 * stores it. At no time do two devices have it. A device that is no member takes no step, and no
 * token goes to it. Returns the names of tokens that have `left`, and of those whose move has
 * `ended` because their owner is out.
 */
export function takeNextSteps(
  drafts: Drafts,
  stamp: Stamp,
  { vault, device, members, now, untaken }: Moving,
): { readonly left: readonly string[]; readonly ended: readonly string[] } {
  const left: string[] = [];
  const ended: string[] = [];
  const listed = new Set(vault.entries().map(({ id }) => id));
  for (const [id, draft] of drafts.tokens) {
    const holder = draft.shared.holder?.value;
    // what a person has removed can be restored by that person
    if (!holder || !isInUse(draft.shared)) continue;
    const isHere = listed.has(draft.shared.token) || untaken.has(id);
    const moved = afterStep(draft, holder, { vault, device, members, now, stamp, listed, isHere });
    if (!moved) continue;
    drafts.tokens.set(id, moved.draft);
    if (moved.event === "left") left.push(nameIn(draft.shared));
    if (moved.event === "ended") ended.push(nameIn(draft.shared));
  }
  return { left, ended };
}

/** What the next step of a token needs. */
interface Step extends Omit<Moving, "untaken"> {
  readonly stamp: Stamp;
  readonly listed: ReadonlySet<string>;
  /** Whether the token is in this vault, or comes back to it. */
  readonly isHere: boolean;
}

/** A token after its next step, and what that means for this device. */
interface Moved {
  readonly draft: Draft;
  readonly event: "left" | "ended" | null;
}

/** The next step of one token; null where this device has none to take. */
function afterStep(draft: Draft, holder: Holder, work: Step): Moved | null {
  const { device, stamp } = work;
  const isMember = (id: string) => work.members.some((member) => member.id === id);
  if (!isMember(holder.device) || !isMember(device)) {
    const isReceiverMember = isMember(holder.device);
    const stays = staysHere(holder, device, { isReceiverMember, isHere: work.isHere });
    return stays ? { draft: keep(draft, holder, work), event: null } : null;
  }
  if (holder.from !== null && !isMember(holder.from) && holder.step !== "released") {
    // its owner has left with it
    return holder.device === device
      ? { draft: keepFor(holder.from, draft, holder, stamp), event: "ended" }
      : null;
  }
  return afterUsualStep(draft, holder, work);
}

/** {@link afterStep} between two members. */
function afterUsualStep(
  draft: Draft,
  holder: Holder,
  { vault, device, stamp, now }: Step,
): Moved | null {
  if (holder.device === device && holder.step === "offered")
    return { draft: step(draft, { ...holder, step: "accepted" }, stamp), event: null };
  if (holder.device === device && holder.step === "released")
    return { draft: { ...keepFor(device, draft, holder, stamp), isUnheard: true }, event: null };
  if (holder.from !== device || holder.step !== "accepted") return null;
  const last = takeOut(vault, draft.local?.id ?? draft.shared.token, now);
  const released = step(draft, { ...holder, step: "released", ...last }, stamp);
  return { draft: { ...released, local: null, isAside: false }, event: "left" };
}

/** The token is this device's from now on. */
function keep(
  draft: Draft,
  holder: Holder,
  { device, listed, stamp }: Pick<Step, "device" | "listed" | "stamp">,
): Draft {
  const kept = keepFor(device, draft, holder, stamp);
  const { local } = draft;
  return { ...kept, local: local && listed.has(local.id) ? local : null };
}

/** The token is that of a device from now on. */
function keepFor(device: string, draft: Draft, holder: Holder, stamp: Stamp): Draft {
  return step(draft, { ...holder, device, step: "held", from: null }, stamp);
}

/**
 * Whether this device keeps a token because its receiver, or this device, is no member any more:
 * it has not released the token; or it has, and the receiver is out and has not taken it; or the
 * holder is out, and a person has restored the token here.
 */
function staysHere(
  { device: holder, from, step: reached }: Holder,
  device: string,
  { isReceiverMember, isHere }: { readonly isReceiverMember: boolean; readonly isHere: boolean },
): boolean {
  if (from === device && (reached === "offered" || reached === "accepted")) return true;
  return isHere && !isReceiverMember && holder !== device;
}

/**
 * Deletes what this vault still has of tokens that it has handed over, after the release has been
 * sent: in this round, or in the one before, if that was cut off. What was removed here because
 * another device has it stays restorable.
 */
export function deleteReleased(
  { tokens }: Drafts,
  before: Readonly<Record<string, KnownToken>>,
  { vault, device }: { readonly vault: Vault; readonly device: string },
): void {
  const removed = new Set(removedIds(vault));
  const isHandedOver = (known: KnownToken | undefined) =>
    known?.shared.holder?.value.step === "released" &&
    known.shared.holder.value.from === device &&
    !known.isAside;
  for (const [id, draft] of tokens) {
    const known = ownValue(before, id);
    if (draft.isAside || !(isHandedOver(draft) || isHandedOver(known))) continue;
    for (const token of new Set([draft.shared.token, known?.local?.id ?? draft.shared.token]))
      if (removed.has(token)) discard(removedCell(vault, token).folder);
  }
}

/** Removes a token from the vault. Returns its last counter, and its recovery codes. */
function takeOut(vault: Vault, id: string, now: Date): Pick<Holder, "counter" | "codes"> {
  if (vault.entries().some((entry) => entry.id === id)) removeToken(vault, id, now);
  const record = readRemoved(vault, id);
  const counter = record && "token" in record ? counterOf(record.token.credential) : null;
  const codes = codesOf(inTrash(vault), id);
  return {
    counter: counter === null ? null : String(counter),
    ...(codes.length === 0 ? {} : { codes }),
  };
}

function step(draft: Draft, value: Holder, stamp: Stamp): Draft {
  const holder: Register<Holder> = { value, stamp };
  return { ...draft, shared: { ...draft.shared, holder }, isStale: true };
}
