import type { Holder } from "#agent/protocol/claim.ts";
import { FobError } from "#base/fob-error.ts";
import { retold } from "#base/language.ts";
import { findAgent } from "./find-agent.ts";

/**
 * What the agent of this claim answers to one request, or undefined when it does not. Rejects with
 * the agent's refusal where that was done which was asked for, and must not be asked for again.
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
  throw new FobError(error.code, retold(error.message), {
    hint: retold(error.hint ?? ""),
    isDone: true,
  });
}
