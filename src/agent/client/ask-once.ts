import type { Holder } from "#agent/protocol/claim.ts";
import { FobError } from "#base/fob-error.ts";
import { findAgent } from "./find-agent.ts";

/**
 * Sends one request to the agent of this claim and returns the reply in English; undefined when the
 * agent does not answer, or refuses. Rejects with the agent's error only if the request was
 * executed before it failed: it must not be sent again.
 */
export async function askOnce(
  holder: Holder,
  addresses: readonly string[],
  request: { readonly do: string },
): Promise<unknown> {
  const found = await findAgent(holder, addresses);
  if (!found || "stranger" in found) return undefined;
  const reply = await found.agent.ask(JSON.stringify({ ...request, pid: process.pid }));
  found.agent.end();
  const { ok, error } = JSON.parse(reply);
  if (error?.isDone !== true) return ok;
  throw new FobError(error.code, error.message, { hint: error.hint ?? undefined, isDone: true });
}
