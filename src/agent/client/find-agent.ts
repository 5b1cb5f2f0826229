import type { Holder } from "#agent/protocol/claim.ts";
import { isProof, newChallenge } from "#agent/protocol/proof.ts";
import { type Connection, connect } from "./connection.ts";

/** How long a proof may take, in milliseconds: the agent computes it at once. */
const MAX_PROVING = 3_000;

/**
 * What was found: an agent that has proved itself, another program at the address `stranger`, or
 * nothing (null).
 */
export type Found = { readonly agent: Connection } | { readonly stranger: string } | null;

/**
 * Looks for the agent that made a claim at these addresses, one after the other. No name and no
 * PIN is sent before the proof.
 */
export async function findAgent({ secret }: Holder, addresses: readonly string[]): Promise<Found> {
  let found: Found = null;
  for (const address of addresses) {
    const connection = await connect(address);
    if (!connection) continue;
    if (await proves(connection, secret)) return { agent: connection };
    connection.end();
    found = { stranger: address };
  }
  return found;
}

async function proves(connection: Connection, secret: Buffer): Promise<boolean> {
  const challenge = newChallenge();
  // one that hangs up or says nothing has proved nothing
  const reply = await connection.ask(`prove ${challenge}`, MAX_PROVING).catch(() => "");
  return reply.startsWith("ok ") && isProof(secret, challenge, reply.slice("ok ".length));
}
