import { ENDING_SIGNALS } from "#base/ending.ts";

/** What a person or the system ends a program with. */
const ENDINGS: readonly NodeJS.Signals[] = ["SIGINT", ...ENDING_SIGNALS];

/**
 * Removes and restores the signal listeners of this process. Node calls a listener only between two
 * turns of the event loop, so a long computation delays it. Without listeners the system ends the
 * process at once, which is better while nothing must be undone.
 */
export class SignalListeners {
  #removed: (() => void)[] | null = null;

  /**
   * Does work without signal listeners: a signal ends the process at once, even during a
   * computation.
   */
  async withoutListeners<T>(work: () => T | Promise<T>): Promise<T> {
    const isOurs = this.#remove();
    try {
      return await work();
    } finally {
      if (isOurs) this.#restore();
    }
  }

  /**
   * Restores the listeners during `work`, for a question to a person within {@link
   * withoutListeners}, which may have to be undone.
   */
  async withListeners<T>(work: () => Promise<T>): Promise<T> {
    const wasRemoved = this.#removed !== null;
    this.#restore();
    try {
      return await work();
    } finally {
      if (wasRemoved) this.#remove();
    }
  }

  /** Returns whether this call has removed them. */
  #remove(): boolean {
    if (this.#removed || isNeeded()) return false;
    this.#removed = ENDINGS.map(removeListeners);
    return true;
  }

  #restore(): void {
    for (const restore of this.#removed ?? []) restore();
    this.#removed = null;
  }
}

/**
 * Runs synchronous work that blocks in a system call, such as reading from a pipe, without signal
 * listeners: they could not be called, and a signal would have no effect.
 */
export function endedBySignals<T>(work: () => T): T {
  if (isNeeded()) return work();
  const restoring = ENDINGS.map(removeListeners);
  try {
    return work();
  } finally {
    for (const restore of restoring) restore();
  }
}

/** Whether a process that ends now must undo something: then there is a listener for SIGTERM. */
function isNeeded(): boolean {
  return process.listenerCount("SIGTERM") > 0;
}

/** Removes all listeners of a signal; the returned function restores them. */
export function removeListeners(signal: NodeJS.Signals): () => void {
  // the raw listeners, because `once` wraps its listener
  const listeners = process.rawListeners(signal) as NodeJS.SignalsListener[];
  process.removeAllListeners(signal);
  return () => {
    for (const listener of listeners) process.on(signal, listener);
  };
}
