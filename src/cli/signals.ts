/** What a person or the system ends a program with. */
const ENDINGS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Who listens to signals. A listener gets its turn between two pieces of work, so that a signal
 * waits for whatever is computed. Where nothing has been begun that must be undone, the system ends
 * the process better: at once.
 */
export class SignalListeners {
  #removed: (() => void)[] | null = null;

  /** Does what must end at a signal, however long it computes: nobody listens meanwhile. */
  async deaf<T>(work: () => T | Promise<T>): Promise<T> {
    const isOurs = this.#remove();
    try {
      return await work();
    } finally {
      if (isOurs) this.#restore();
    }
  }

  /**
   * Asks a person something in the middle of {@link deaf} work, which may have to be ended in
   * order.
   */
  async hearing<T>(work: () => Promise<T>): Promise<T> {
    const wasDeaf = this.#removed !== null;
    this.#restore();
    try {
      return await work();
    } finally {
      if (wasDeaf) this.#remove();
    }
  }

  /** Whether it was not done before. */
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
 * Runs work that waits inside the system, such as reading from a pipe: a signal ends the process
 * then, since no listener would get its turn.
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

/**
 * Whether something has been begun that must be undone when the process ends: then somebody listens
 * to more than Ctrl-C.
 */
function isNeeded(): boolean {
  return process.listenerCount("SIGTERM") > 0;
}

/** Takes all listeners of a signal away, and returns what brings them back. */
function removeListeners(signal: NodeJS.Signals): () => void {
  // those that listen once are wrapped, and must stay so
  const listeners = process.rawListeners(signal) as NodeJS.SignalsListener[];
  process.removeAllListeners(signal);
  return () => {
    for (const listener of listeners) process.on(signal, listener);
  };
}
