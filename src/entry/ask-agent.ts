import { askOnce } from "#agent/client/ask-once.ts";
import type { Holder } from "#agent/protocol/claim.ts";
import { addressesOf, realPath } from "#platform/agent/agent-socket.ts";

/**
 * The reply of the agent that holds the vault of this home; null where none answers. Rejects as
 * {@link askOnce} does.
 */
export async function askAgent(
  holder: Holder,
  request: {
    readonly do: string;
    readonly name?: string;
    readonly quick?: boolean;
    readonly typed?: boolean;
  },
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  if (holder.home !== realPath(home)) return null;
  const addresses = addressesOf(holder, home, env);
  return addresses.length === 0 ? null : askOnce(holder, addresses, request);
}
