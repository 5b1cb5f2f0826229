import { deviceId } from "#sync/keys/device-keys.ts";
import { membersIn } from "#sync/members/member-chain.ts";
import { unlessDamaged } from "#token/newer.ts";
import type { Vault } from "#vault/vault.ts";
import { readSyncState } from "./sync-state.ts";
import { deviceElsewhere } from "./vault-changes.ts";

/**
 * The name of the member to which a token of this vault was handed over: the next round takes it
 * away again. Null for any other token, and where nothing is known of a synchronisation.
 */
export function heldElsewhere(vault: Vault, id: string): string | null {
  const state = unlessDamaged(() => readSyncState(vault));
  if (!state) return null;
  const known = Object.values(state.tokens).find(({ shared }) => shared.token === id);
  const holder = known && deviceElsewhere(known, deviceId(state.keys));
  return membersIn(state.chain).find((member) => member.id === holder)?.name ?? null;
}
