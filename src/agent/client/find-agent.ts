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
    const proof = await askForProof(connection, secret, patience);
    if (proof === "right") return { agent: connection };
    const isSilent = proof === "none" && connection.isOpen;
    connection.end();
    found = { stranger: address, isSilent };
  }
  return found;
}

async function askForProof(
  connection: Connection,
  secret: Buffer,
  patience: number,
): Promise<"right" | "wrong" | "none"> {
  const challenge = newChallenge();
  // one that hangs up or says nothing has proved nothing
  const reply = await connection.ask(`prove ${challenge}`, patience).catch(() => null);
  if (reply === null) return "none";
  const isRight = reply.startsWith("ok ") && isProof(secret, challenge, reply.slice("ok ".length));
  return isRight ? "right" : "wrong";
}
