import type { Holder } from "#agent/protocol/claim.ts";
import { isProof, newChallenge } from "#agent/protocol/proof.ts";
import { type Connection, connect } from "./connection.ts";

/** How long a proof may take, in milliseconds; the agent computes it at once. */
const MAX_PROVING = 3_000;

/** The same for an agent whose process is known to run, on a busy machine. */
export const MAX_PROVING_ALIVE = 15_000;

/**
 * An agent that has proved its identity, another program at the address `stranger`, or null for
 * nothing.
 */
export type Found = { readonly agent: Connection } | Stranger | null;

/**
 * A program at an agent's address that has not proved to be the agent; it may not have answered.
 */
interface Stranger {
  readonly stranger: string;
  readonly isSilent: boolean;
}

/**
 * Looks for the agent that made a claim at these addresses, one after the other. No name and no PIN
 * is sent before the proof, which may take `patience` milliseconds.
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

/** Null where there is no answer, or the connection is closed. */
async function proves(
  connection: Connection,
  secret: Buffer,
  patience: number,
): Promise<boolean | null> {
  const challenge = newChallenge();
  const reply = await connection.ask(`prove ${challenge}`, patience).catch(() => null);
  return reply === null ? null : isProof(secret, challenge, reply.replace(/^ok /, ""));
}
