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
}

/** The ids of the tokens in this vault that this device releases in this round. */
export function tokensToRelease(
  { tokens }: Drafts,
  { vault, device, members }: Omit<Moving, "now">,
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
    const back = step(draft, { ...holder, device, step: "held", from: null }, stamp);
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
 * token goes to it. Returns the names of tokens that have left.
 */
export function takeNextSteps(
  drafts: Drafts,
  stamp: Stamp,
  { vault, device, members, now }: Moving,
): readonly string[] {
  const left: string[] = [];
  const isMember = (id: string) => members.some((member) => member.id === id);
  const listed = new Set(vault.entries().map(({ id }) => id));
  for (const [id, draft] of drafts.tokens) {
    const holder = draft.shared.holder?.value;
    // a person has removed it, who can restore it
    if (!holder || !isInUse(draft.shared)) continue;
    if (!isMember(holder.device) || !isMember(device)) {
      const isReceiverMember = isMember(holder.device);
      const isHere = listed.has(draft.shared.token);
      if (staysHere(holder, device, { isReceiverMember, isHere }))
        drafts.tokens.set(id, keep(draft, holder, { device, listed, stamp }));
      continue;
    }
    if (takeNextStep(drafts, id, draft, { holder, vault, device, stamp, now }))
      left.push(nameIn(draft.shared));
  }
  return left;
}

/** Takes the next step of one token. Returns whether it has left. */
function takeNextStep(
  drafts: Drafts,
  id: string,
  draft: Draft,
  work: {
    readonly holder: Holder;
    readonly vault: Vault;
    readonly device: string;
    readonly stamp: Stamp;
    readonly now: Date;
  },
): boolean {
  const { holder, vault, device, stamp, now } = work;
  if (holder.device === device && holder.step === "offered")
    drafts.tokens.set(id, step(draft, { ...holder, step: "accepted" }, stamp));
  else if (holder.device === device && holder.step === "released")
    drafts.tokens.set(id, step(draft, { ...holder, step: "held", from: null }, stamp));
  else if (holder.from === device && holder.step === "accepted") {
    const last = takeOut(vault, draft.local?.id ?? draft.shared.token, now);
    const released = step(draft, { ...holder, step: "released", ...last }, stamp);
    drafts.tokens.set(id, { ...released, local: null, isAside: false });
    return true;
  }
  return false;
}

/** The token is this device's from now on. */
function keep(
  draft: Draft,
  holder: Holder,
  {
    device,
    listed,
    stamp,
  }: { readonly device: string; readonly listed: ReadonlySet<string>; readonly stamp: Stamp },
): Draft {
  const kept = step(draft, { ...holder, device, step: "held", from: null }, stamp);
  const { local } = draft;
  return { ...kept, local: local && listed.has(local.id) ? local : null };
}

/**
 * Whether this device keeps a token because its receiver, or this device, is no member any more:
 * it has not released the token; or it has, and the receiver is out before it said that it stored
 * it; or the holder is out, and a person has restored the token here.
 */
function staysHere(
  { device: holder, from, step: reached }: Holder,
  device: string,
  { isReceiverMember, isHere }: { readonly isReceiverMember: boolean; readonly isHere: boolean },
): boolean {
  if (from === device && (reached === "offered" || reached === "accepted")) return true;
  if (isReceiverMember || holder === device) return false;
  return isHere || (from === device && reached === "released");
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
