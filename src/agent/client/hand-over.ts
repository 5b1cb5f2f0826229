import type { AgentStatus } from "#agent/protocol/protocol.ts";
import { findSecret, sealOrder, WAITS, type WaitingOrder } from "#agent/protocol/waiting.ts";
import type { Secret } from "#token/secret.ts";
import { connect } from "./connection.ts";

/** How long a service may take to start, in milliseconds: the system starts it at a connection. */
const MAX_STARTING = 10_000;

/**
 * Gives an open vault to the service that waits at an address. Null where none waits, or it does
 * not take the vault: an agent of its own can hold it then. Only the service that has left its
 * secret in this home can read the key.
 */
export async function handOver(
  address: string,
  order: WaitingOrder,
  vaultKey: Secret,
): Promise<AgentStatus | null> {
  const connection = await connect(address);
  if (!connection) return null;
  try {
    const reply = await connection.ask("waiting", MAX_STARTING);
    // written before it answers
    const secret = reply === WAITS ? findSecret({ home: order.home, vaultId: order.vault }) : null;
    if (secret === null) return null;
    const held = await connection.ask(`hold ${sealOrder(secret, order, vaultKey)}`);
    return held.startsWith("ok ") ? (JSON.parse(held.slice("ok ".length)) as AgentStatus) : null;
  } catch {
    // it has ended, or is silent
    return null;
  } finally {
    connection.end();
  }
}
