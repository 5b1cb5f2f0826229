import type { Credential } from "./credential.ts";

/** The counter of a credential; null where it has none. */
export function counterOf(credential: Credential): bigint | null {
  return "counter" in credential ? credential.counter : null;
}

/** The credential at a higher counter; as it is where it has none, or is further on. */
export function raiseCounter<C extends Credential>(credential: C, counter: bigint): C {
  const current = counterOf(credential);
  return current === null || current >= counter ? credential : { ...credential, counter };
}
