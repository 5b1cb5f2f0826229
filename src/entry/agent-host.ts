import { join, resolve } from "node:path";
import { AgentControl } from "#agent/client/control.ts";
import { encodeOrder } from "#agent/protocol/order.ts";
import { lifeHere } from "#base/processes.ts";
import {
  agentForShells,
  foreignOwnerOf,
  likelyAddresses,
  newAgentPlace,
} from "#platform/agent/agent-place.ts";
import { addressesOf, agentLink, isOurSocket, realPath } from "#platform/agent/agent-socket.ts";

/**
 * Creates the control of the agent of the vault below `home`; `folder` has the built program of the
 * agent.
 */
export function agentControl(folder: string, home: string, env: NodeJS.ProcessEnv): AgentControl {
  return new AgentControl(resolve(home), {
    forShells: agentForShells(home, env),
    leadsTo: (address, socket) => address !== "" && realPath(address) === realPath(socket),
    serviceAt: () => {
      const link = agentLink(home, env);
      // an agent of its own has a link there
      return link !== null && isOurSocket(link) ? link : null;
    },
    newPlace: () => newAgentPlace(home, env),
    isOfThisHome: (holder) => holder.home === realPath(home),
    addressesOf: (holder) => addressesOf(holder, home, env),
    likelyAddresses: () => likelyAddresses(home, env),
    async startProcess(order, vaultKey) {
      const { startAgentProcess } = await import("#platform/agent/agent-process.ts");
      return startAgentProcess(join(folder, "serve-agent.cjs"), encodeOrder(order, vaultKey), env);
    },
    foreignOwnerOf: ({ socket }) => foreignOwnerOf(socket),
    lifeOf: lifeHere,
    end: ({ pid }, signal) => {
      try {
        process.kill(pid, signal);
      } catch {
        // it has ended, or belongs to another user: the caller finds out while it waits for the end
      }
    },
  });
}
