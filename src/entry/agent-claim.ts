import { dirname } from "node:path";
import { findAgent } from "#agent/client/find-agent.ts";
import {
  claimVault,
  type Holder,
  lookAtClaim,
  releaseClaim,
  remakeClaim,
} from "#agent/protocol/claim.ts";
import type { AgentOrder } from "#agent/protocol/order.ts";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import type { ClientHandler } from "#agent/server/conversation.ts";
import { listen } from "#agent/server/server.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { lifeHere, startOf } from "#base/processes.ts";
import { isOurSocket, realPath } from "#platform/agent/agent-socket.ts";
import {
  pointTo,
  removeDeadSocket,
  removePointer,
  takeSocket,
} from "#platform/agent/take-socket.ts";

/** An agent's socket, its claim of the vault, and the link by which shells find it. */
export interface AgentClaim {
  /**
   * Whether the vault is claimed by this agent. A claim that was lost twice in a row is made again:
   * the first time, the vault may be about to be removed.
   */
  isStillOurs(): boolean;
  /** Gives them up. */
  release(): void;
}

/** This process as the holder of a vault, with a new secret. */
export function newHolder({ home, socket }: AgentOrder): Holder {
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? "",
    socket,
    home: realPath(home),
    secret: newAgentSecret(),
  };
}

/**
 * Listens for clients, and claims the vault. It listens first, because another agent that reads the
 * claim asks this one whether it is alive. Rejects with FobError `unavailable` where another agent
 * holds the vault, or the socket cannot be opened.
 */
export async function claimForAgent(
  { home, vault, socket, link }: AgentOrder,
  holder: Holder,
  newClient: () => ClientHandler,
): Promise<AgentClaim> {
  const layout = { home, vaultId: vault };
  const taken = await takeSocket(socket, (name) => listen(name, newClient));
  process.on("exit", taken.release);
  const claiming = await claimVault(layout, holder, (other) => isAlive(other, holder));
  if ("other" in claiming)
    throw new FobError(
      "unavailable",
      t`another agent (process ${claiming.other.pid}) holds this vault`,
    );
  if (link !== null) ignoreFailure(() => pointTo(link, socket));
  if (claiming.before && isNextTo(claiming.before.socket, socket))
    await removeDeadSocket(claiming.before.socket);
  let wasLost = false;
  return {
    isStillOurs() {
      try {
        const found = lookAtClaim(layout, holder);
        if (found === "lost" && wasLost) remakeClaim(layout, holder);
        wasLost = found === "lost" && !wasLost;
        return found !== "another's";
      } catch {
        // the disk failed: the next check looks again
        return true;
      }
    },
    release() {
      taken.release();
      if (link !== null) removePointer(link, socket);
      ignoreFailure(() => releaseClaim(layout, holder));
    },
  };
}

/** Whether another agent of this home runs. A copy of a home names the agent of the original. */
async function isAlive(other: Holder, ours: Holder): Promise<boolean> {
  if (other.home !== ours.home) return false;
  if (lifeHere(other) === "running") return true;
  const found = await findAgent(other, [other.socket].filter(isOurSocket));
  if (!found || "stranger" in found) return false;
  found.agent.end();
  return true;
}

/** Agents leave sockets in one folder, under names that are used once. */
function isNextTo(one: string, other: string): boolean {
  return one !== other && dirname(one) === dirname(other);
}

function ignoreFailure(act: () => void): void {
  try {
    act();
  } catch {
    // the link and the end of the claim help others: the agent does its work without them
  }
}
