import type { Socket } from "node:net";
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
  type TakenSocket,
  takeSocket,
} from "#platform/agent/take-socket.ts";

/** An agent's socket, its claim of the vault, and the link for shells. */
export interface AgentClaim {
  /**
   * Whether this agent still holds its claim. A lost claim is made again only when it is lost at
   * two checks in a row, because at the first the vault may be about to be removed.
   */
  isStillOurs(): boolean;
  /** Removes socket, link and claim. */
  release(): void;
}

/** Describes this process as the holder of a vault, with a new secret. */
export function newHolder({ home, socket }: AgentOrder): Holder {
  return {
    pid: process.pid,
    started: startOf(process.pid) ?? "",
    socket,
    home: realPath(home),
    secret: newAgentSecret(),
  };
}

/** Begins to serve clients at a socket. */
export type TakeSocket = (newClient: (socket: Socket) => ClientHandler) => Promise<TakenSocket>;

/** Listens at a socket of its own. */
export function ownSocket({ socket }: AgentOrder): TakeSocket {
  return (newClient) => takeSocket(socket, (path) => listen({ path }, newClient));
}

/**
 * Listens for clients, then claims the vault. In this order, because another agent that reads the
 * claim connects to check whether this one runs. Rejects with FobError `unavailable` when another
 * agent holds the vault, or the socket cannot be opened.
 */
export async function claimForAgent(
  { home, vault, socket, link }: AgentOrder,
  holder: Holder,
  take: () => Promise<TakenSocket>,
): Promise<AgentClaim> {
  const layout = { home, vaultId: vault };
  const taken = await take();
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
        // a disk error: the next check tries again
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

/**
 * Whether another agent of this home runs. The claim in a copied home names the agent of the
 * original, which does not count.
 */
async function isAlive(other: Holder, ours: Holder): Promise<boolean> {
  if (other.home !== ours.home) return false;
  if (lifeHere(other) === "running") return true;
  const found = await findAgent(other, [other.socket].filter(isOurSocket));
  if (!found || "stranger" in found) return false;
  found.agent.end();
  return true;
}

/**
 * Whether two sockets are different files in one folder. Agents use one folder, with a new name for
 * each socket.
 */
function isNextTo(one: string, other: string): boolean {
  return one !== other && dirname(one) === dirname(other);
}

function ignoreFailure(act: () => void): void {
  try {
    act();
  } catch {
    // the agent works without the link, and a claim that stays is recognized as dead
  }
}
