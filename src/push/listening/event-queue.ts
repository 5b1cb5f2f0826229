import type { PushEvent } from "#push/push-event.ts";

/** How many events wait at most: then the oldest is dropped. */
const MAX_EVENTS = 4_096;

/** Events that wait to be taken, by one who waits for them. */
export class EventQueue {
  readonly #events: PushEvent[] = [];
  #wake: () => void = () => undefined;

  /** Adds one. */
  tell(event: PushEvent): void {
    if (this.#events.length >= MAX_EVENTS) this.#events.shift();
    this.#events.push(event);
    this.wake();
  }

  /** The oldest one; null when there is none. */
  take(): PushEvent | null {
    return this.#events.shift() ?? null;
  }

  /** Resolves at the next event, or at {@link wake}. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves {@link next}. */
  wake(): void {
    this.#wake();
  }
}
