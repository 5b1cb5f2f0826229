import { decrypt, encrypt } from "#base/gcm.ts";
import { forget, type Secret } from "#token/secret.ts";
import { readCell, replaceDamaged, updateCell } from "#vault/cells/cell.ts";
import { serviceCell, type VaultLayout } from "#vault/cells/layout.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import { type AgentOrder, decodeOrder, encodeOrder } from "./order.ts";

/** What a service answers to `waiting` while it holds no vault. */
export const WAITS = "ok waiting";

/** What a client may decide about an agent that a service becomes: not where it listens. */
export type WaitingOrder = Omit<AgentOrder, "socket" | "link">;

/**
 * Writes down the secret of a service that waits, where this user alone can read it. The secret of
 * an earlier one counts no more.
 */
export function leaveSecret(layout: VaultLayout, secret: Secret): void {
  const cell = serviceCell(layout);
  try {
    updateCell(cell, () => secret);
  } catch {
    // damaged; nothing else than the secret was in it
    replaceDamaged(cell, secret);
  }
}

/** The secret of the service that waits; null where there was never one, or it is damaged. */
export function findSecret(layout: VaultLayout): Secret | null {
  try {
    return readCell(serviceCell(layout));
  } catch {
    // the vault is then held by an agent of its own
    return null;
  }
}

/** An order and the vault key for the service with this secret, as a word of a line. */
export function sealOrder(secret: Secret, order: WaitingOrder, vaultKey: Secret): string {
  const plain = encodeOrder({ ...order, socket: "", link: null }, vaultKey);
  const key = keyOf(secret);
  try {
    return encrypt(key, plain, order.vault).toString("base64url");
  } finally {
    forget(plain, key);
  }
}

/** Reverses {@link sealOrder}; null for what was not sealed for this service and this vault. */
export function openOrder(secret: Secret, vault: string, sealed: string) {
  const key = keyOf(secret);
  const plain = decrypt(key, Buffer.from(sealed, "base64url"), vault);
  forget(key);
  if (plain === null) return null;
  try {
    return decodeOrder(plain);
  } finally {
    forget(plain);
  }
}

function keyOf(secret: Secret): Secret {
  return deriveKey(secret, "", "vault for the service");
}
