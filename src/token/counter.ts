import type { Credential } from "./credential.ts";

/** The counter of a credential; null when it has none. */
export function counterOf(credential: Credential): bigint | null {
  return "counter" in credential ? credential.counter : null;
}

/**
 * The counter after both of these. In a list, the entries are used that either of them has as used;
 * elsewhere it is the higher one.
 */
export function joinCounters(kind: Credential["kind"], one: bigint, other: bigint): bigint {
  if (kind === "list") return one | other;
  return one >= other ? one : other;
}

/**
 * The credential with the counter raised to `counter`. Unchanged when it has no counter, or a
 * higher one.
 */
export function raiseCounter<C extends Credential>(credential: C, counter: bigint): C {
  const current = counterOf(credential);
  if (current === null) return credential;
  const joined = joinCounters(credential.kind, current, counter);
  return joined === current ? credential : { ...credential, counter: joined };
}
