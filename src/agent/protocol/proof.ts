import { createHmac, randomBytes } from "node:crypto";
import { type Secret, sameSecret } from "#token/secret.ts";

/** What an agent answers under its secret; no other use of that secret begins so. */
const DIRECTION = "fob agent to client\n";

/** The form of a challenge: 32 bytes in base64url. */
const CHALLENGE = /^[\w-]{43}$/;

/** What an agent proves itself with, in the claim that this user alone can read. */
export function newAgentSecret(): Secret {
  return randomBytes(32);
}

/** A challenge that was never sent before. */
export function newChallenge(): string {
  return randomBytes(32).toString("base64url");
}

export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/**
 * What only the agent with this secret can answer to a challenge: HMAC-SHA-256 (RFC 2104), in
 * base64url.
 */
export function proofOf(secret: Secret, challenge: string): string {
  return createHmac("sha256", secret).update(DIRECTION).update(challenge).digest("base64url");
}

/** Whether an answer proves that whoever gave it has the secret. An empty secret proves nothing. */
export function isProof(secret: Secret, challenge: string, answer: string): boolean {
  return (
    secret.length > 0 && sameSecret(Buffer.from(answer), Buffer.from(proofOf(secret, challenge)))
  );
}
