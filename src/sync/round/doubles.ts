import type { Membership } from "#sync/members/member-chain.ts";
import type { CountedByDevice, CountedToken, SecondCounter } from "#sync/tokens/counted-token.ts";
import { whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { isInUse, nameIn } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { countingKey, readSound, soundFingerprint } from "#vault/tokens/same-secret.ts";
import type { Vault } from "#vault/vault.ts";
import { countedElsewhere } from "./counted-here.ts";
import type { Draft, Drafts } from "./take-over.ts";

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

/** What is known of the tokens that count. */
interface Counting {
  readonly device: string;
  readonly membership: Membership;
  /** Of this vault, and of the other members as they last said. */
  readonly own: readonly CountedToken[];
  readonly others: CountedByDevice;
}

/**
 * The tokens that count or answer for one device with a secret that another device has: it was
 * enrolled there as well, or the vault was copied. Found in the shared tokens, in this vault for
 * those that it does not share, and in what the members say. Devices that are no members count no
 * more.
 */
export function findSecondCounters(
  { tokens }: Drafts,
  vault: Vault,
  { device, membership, own, others }: Counting,
): readonly SecondCounter[] {
  const held = [...tokens.values()].filter((draft) => isCountingAt(draft, membership));
  const shared = amongShared(held);
  const unshared = inThisVault(held, vault, device);
  const found = new Set([...shared, ...unshared].map(({ id }) => id));
  const said = countedElsewhere(own, others, vault).filter(({ id }) => !found.has(id));
  return [...shared, ...unshared, ...said].map(({ name, device: other }) => ({
    name,
    device: other,
  }));
}

/** With the id of the token in this vault, where it is here. */
type Found = SecondCounter & { readonly id: string | undefined };

function amongShared(held: readonly Draft[]): readonly Found[] {
  const first = new Map<string, Draft>();
  return held.flatMap((draft) => {
    const other = first.get(draft.secretKey);
    if (!other) {
      first.set(draft.secretKey, draft);
      return [];
    }
    const id = draft.local?.id ?? other.local?.id;
    return [{ id, name: nameIn(draft.shared), device: ownerOf(other) }];
  });
}

function inThisVault(held: readonly Draft[], vault: Vault, device: string): Found[] {
  const elsewhere = new Map(
    held.flatMap((draft) => {
      const owner = ownerOf(draft);
      return owner === device || draft.local ? [] : [[draft.secretKey, { draft, owner }] as const];
    }),
  );
  if (elsewhere.size === 0) return [];
  const linked = new Set(held.flatMap(({ local }) => local?.id ?? []));
  return vault.entries().flatMap((entry) => {
    if (linked.has(entry.id) || whyOnOneDevice(entry) === null) return [];
    const fingerprint = soundFingerprint(vault, readSound(vault, entry.id));
    const other = fingerprint && elsewhere.get(countingKey(fingerprint, entry.credential));
    // with the same id it is the token itself, which came back
    if (!other || other.draft.shared.token === entry.id) return [];
    return [{ id: entry.id, name: entry.name, device: other.owner }];
  });
}

/** Whether a member counts with a shared token, or answers for one device. */
export function isCountingAt(draft: Draft, { members }: Pick<Membership, "members">): boolean {
  const { shared, secretKey } = draft;
  if (!shared.holder || secretKey === "" || !isInUse(shared)) return false;
  const owner = ownerOf(draft);
  return members.some(({ id }) => id === owner);
}

/** The device that counts with a token at the moment. */
function ownerOf({ shared: { holder } }: Draft): string {
  const { device = "", from = null, step = "held" } = holder?.value ?? {};
  return from !== null && step !== "released" ? from : device;
}
