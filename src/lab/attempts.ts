import type { Lab } from "./lab.ts";
import type { LabStore } from "./lab-store.ts";
import { isLocked, type LabUser, MAX_FAILURES } from "./lab-user.ts";

/** The result of an attempt; `withdrawn` when it was not a guess. */
export type AttemptEnd = "right" | "wrong" | "withdrawn";

/** The last attempt of each user in this process; the next one waits for it. */
const queues = new WeakMap<LabStore, Map<string, Promise<unknown>>>();

/**
 * Makes an attempt of a user: counts it as failed, durably, before anything is compared, and
 * corrects the count by the result of `check`. So an attempt also counts when the server is killed.
 * The attempts of one user run one after the other, so that simultaneous right ones do not lock the
 * user. Returns the value of `check`, or null without calling it when the user is locked. An
 * attempt whose `check` throws is withdrawn.
 */
export function attempt<T>(
  { store }: Lab,
  { name }: LabUser,
  check: () => readonly [AttemptEnd, T] | Promise<readonly [AttemptEnd, T]>,
): Promise<T | null> {
  return takeTurn(store, name, async () => {
    if (!countAsFailed(store, name)) return null;
    let end: AttemptEnd = "withdrawn";
    try {
      const [outcome, found] = await check();
      end = outcome;
      return found;
    } finally {
      correct(store, name, end);
    }
  });
}

/** How many wrong answers a user has left before being locked. */
export function attemptsLeft({ failures }: LabUser): number {
  return Math.max(0, MAX_FAILURES - failures);
}

function takeTurn<T>(store: LabStore, name: string, work: () => Promise<T>): Promise<T> {
  const queue = queues.get(store) ?? new Map<string, Promise<unknown>>();
  queues.set(store, queue);
  const turn = (queue.get(name) ?? Promise.resolve()).then(work);
  // a failure does not reject the next attempt
  const over = turn.catch(() => undefined);
  queue.set(name, over);
  void over.then(() => {
    if (queue.get(name) === over) queue.delete(name);
  });
  return turn;
}

function countAsFailed(store: LabStore, name: string): boolean {
  let isAllowed = false;
  store.updateUser(name, (user) => {
    isAllowed = !isLocked(user);
    return isAllowed ? { ...user, failures: user.failures + 1 } : user;
  });
  return isAllowed;
}

function correct(store: LabStore, name: string, end: AttemptEnd): void {
  if (end === "right") store.updateUser(name, (user) => ({ ...user, failures: 0 }));
  if (end === "withdrawn") {
    store.updateUser(name, (user) => ({ ...user, failures: Math.max(0, user.failures - 1) }));
  }
}
