import type { Credential } from "./credential.ts";

/** The counter of a credential; null when it has none. */
export function counterOf(credential: Credential): bigint | null {
  return "counter" in credential ? credential.counter : null;
}

/**
 * The credential with the counter raised to `counter`. Unchanged when it has no counter, or a
 * higher one.
 */
export function raiseCounter<C extends Credential>(credential: C, counter: bigint): C {
  const current = counterOf(credential);
  return current === null || current >= counter ? credential : { ...credential, counter };
}
