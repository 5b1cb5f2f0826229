import type { Lab } from "./lab.ts";
import { isLocked, type LabUser, MAX_FAILURES } from "./lab-user.ts";

/** What an attempt came to: `withdrawn` when it turned out to be no guess at anything. */
type AttemptEnd = "right" | "wrong" | "withdrawn";

/**
 * Counts an attempt of a user as failed, durably, before anything is compared: whoever is killed half-way has used it up. Returns how
 * to end it, or null when the user is locked and nothing may be compared.
 */
export function beginAttempt({ store }: Lab, { name }: LabUser): ((end: AttemptEnd) => void) | null {
  let isAllowed = false;
  store.updateUser(name, (user) => {
    isAllowed = !isLocked(user);
    return isAllowed ? { ...user, failures: user.failures + 1 } : user;
  });
  if (!isAllowed) return null;
  return (end) => {
    if (end === "right") store.updateUser(name, (user) => ({ ...user, failures: 0 }));
    if (end === "withdrawn") store.updateUser(name, (user) => ({ ...user, failures: Math.max(0, user.failures - 1) }));
  };
}

/** How many more wrong answers a user has before being locked. */
export function attemptsLeft({ failures }: LabUser): number {
  return Math.max(0, MAX_FAILURES - failures);
}
