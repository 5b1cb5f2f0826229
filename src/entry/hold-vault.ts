import type { AgentOrder } from "#agent/protocol/order.ts";
import { proofOf } from "#agent/protocol/proof.ts";
import { CHECK_MS } from "#agent/server/lifetime.ts";
import type { Secret } from "#token/secret.ts";
import { claimForAgent, newHolder, type TakeSocket } from "./agent-claim.ts";
import { type HeldSurroundings, HeldVault } from "./held-vault.ts";

/**
 * Makes this process the agent of a vault, at the socket that `take` serves, until it is locked:
 * then the process ends. Rejects as {@link claimForAgent} does.
 */
export async function holdVault(
  order: AgentOrder,
  vaultKey: Secret,
  at: Pick<HeldSurroundings, "languages" | "folder">,
  take: TakeSocket,
): Promise<HeldVault> {
  const holder = newHolder(order);
  const held = new HeldVault(order, vaultKey, {
    ...at,
    prove: (challenge) => proofOf(holder.secret, challenge),
  });
  const claim = await claimForAgent(order, holder, () => take((socket) => held.newClient(socket)));
  held.releaseAtLock(() => claim.release());
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const)
    process.on(signal, () => held.lock());
  setInterval(() => {
    if (held.isOver() || !claim.isStillOurs()) held.lock();
  }, CHECK_MS);
  held.startBackgroundWork();
  held.lockWithSession();
  return held;
}
