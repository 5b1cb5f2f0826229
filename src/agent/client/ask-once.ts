import type { Holder } from "#agent/protocol/claim.ts";
import { FobError } from "#base/fob-error.ts";
import { findAgent } from "./find-agent.ts";

/**
 * What the agent of this claim answers to one request, in English; undefined when it does not
 * answer, or refuses. Rejects with the agent's error only where the request was carried out before
 * it failed: it must not be sent again.
 */
export async function askOnce(
  holder: Holder,
  addresses: readonly string[],
  request: { readonly do: string },
): Promise<unknown> {
  const found = await findAgent(holder, addresses);
  if (!found || "stranger" in found) return undefined;
  const reply = await found.agent.ask(JSON.stringify(request));
  found.agent.end();
  const { ok, error } = JSON.parse(reply);
  if (error?.isDone !== true) return ok;
  throw new FobError(error.code, error.message, { hint: error.hint ?? undefined, isDone: true });
}
