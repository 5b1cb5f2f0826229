import type { Holder, Register, SharedToken } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { counterOf } from "#token/counter.ts";
import { codesOf } from "#vault/belongings/recovery-codes.ts";
import { discard } from "#vault/trash/discarding.ts";
import { readRemoved, removedCell, removedIds, removeToken } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import type { Draft, Drafts } from "./take-over.ts";

/**
 * Takes the next step of every move in which this device takes part. The receiver accepts what is
 * offered; the owner then removes the token and releases it with its last counter; the receiver
 * stores it. At no time do two devices have it. Returns the names of tokens that have left.
 */
export function takeNextSteps(
  drafts: Drafts,
  stamp: Stamp,
  { vault, device, now }: { readonly vault: Vault; readonly device: string; readonly now: Date },
): readonly string[] {
  const left: string[] = [];
  for (const [id, draft] of drafts.tokens) {
    const holder = draft.shared.holder?.value;
    if (!holder) continue;
    if (holder.device === device && holder.step === "offered")
      drafts.tokens.set(id, step(draft, { ...holder, step: "accepted" }, stamp));
    else if (holder.device === device && holder.step === "released")
      drafts.tokens.set(id, step(draft, { ...holder, step: "held", from: null }, stamp));
    else if (holder.from === device && holder.step === "accepted") {
      const last = takeOut(vault, draft.shared.token, now);
      const released = step(draft, { ...holder, step: "released", ...last }, stamp);
      drafts.tokens.set(id, { ...released, local: null });
      left.push(nameOf(draft.shared));
    }
  }
  return left;
}

/**
 * Deletes what this vault still has of tokens that are another device's: after the release has been
 * sent, and where a removed token was restored since then.
 */
export function deleteReleased(
  tokens: Iterable<Draft>,
  { vault, device, now }: { readonly vault: Vault; readonly device: string; readonly now: Date },
): void {
  const removed = new Set(removedIds(vault));
  const listed = new Set(vault.entries().map(({ id }) => id));
  for (const { shared } of tokens) {
    const holder = shared.holder?.value;
    const isElsewhere =
      holder && holder.device !== device && (holder.step === "released" || holder.step === "held");
    if (!isElsewhere) continue;
    if (listed.has(shared.token)) removeToken(vault, shared.token, now);
    if (listed.has(shared.token) || removed.has(shared.token))
      discard(removedCell(vault, shared.token).folder);
  }
}

/** Removes a token from the vault. Returns its last counter, and its recovery codes. */
function takeOut(vault: Vault, id: string, now: Date): Pick<Holder, "counter" | "codes"> {
  if (vault.entries().some((entry) => entry.id === id)) removeToken(vault, id, now);
  const record = readRemoved(vault, id);
  const counter = record && "token" in record ? counterOf(record.token.credential) : null;
  const codes = codesOf({ vaultKey: vault.vaultKey, tokenCell: () => removedCell(vault, id) }, id);
  return {
    counter: counter === null ? null : String(counter),
    ...(codes.length === 0 ? {} : { codes }),
  };
}

function step(draft: Draft, value: Holder, stamp: Stamp): Draft {
  const holder: Register<Holder> = { value, stamp };
  return { ...draft, shared: { ...draft.shared, holder }, isStale: true };
}

function nameOf({ fields, token }: SharedToken): string {
  return String(fields["name"]?.value ?? token);
}
