import type { Holder } from "#agent/protocol/claim.ts";
import { isProof, newChallenge } from "#agent/protocol/proof.ts";
import { type Connection, connect } from "./connection.ts";

/** How long a proof may take, in milliseconds: the agent computes it at once. */
const MAX_PROVING = 3_000;

/** How long it may take an agent whose process runs for sure, on a machine that has much to do. */
export const MAX_PROVING_ALIVE = 15_000;

/**
 * What was found: an agent that has proved itself, another program at the address `stranger`, or
 * nothing (null).
 */
export type Found = { readonly agent: Connection } | Stranger | null;

/** Who is at an agent's address and has not proved to be one; perhaps it has said nothing yet. */
interface Stranger {
  readonly stranger: string;
  readonly isSilent: boolean;
}

/**
 * Looks for the agent that made a claim at these addresses, one after the other. No name and no
 * PIN is sent before the proof, which may take `patience` milliseconds.
 */
export async function findAgent(
  { secret }: Holder,
  addresses: readonly string[],
  patience = MAX_PROVING,
): Promise<Found> {
  let found: Found = null;
  for (const address of addresses) {
    const connection = await connect(address);
    if (!connection) continue;
    const isRight = await proves(connection, secret, patience);
    if (isRight) return { agent: connection };
    const isSilent = isRight === null && connection.isOpen;
    connection.end();
    found = { stranger: address, isSilent };
  }
  return found;
}

/** Null for one that says nothing, or hangs up. */
async function proves(
  connection: Connection,
  secret: Buffer,
  patience: number,
): Promise<boolean | null> {
  const challenge = newChallenge();
  const reply = await connection.ask(`prove ${challenge}`, patience).catch(() => null);
  return reply === null ? null : isProof(secret, challenge, reply.replace(/^ok /, ""));
}
