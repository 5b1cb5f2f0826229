import type { PushEvent } from "#push/push-event.ts";

/** The maximum number of waiting events; then the oldest is dropped. */
const MAX_EVENTS = 4_096;

/** A queue of events with a single consumer. */
export class EventQueue {
  readonly #events: PushEvent[] = [];
  #wake: () => void = () => undefined;

  /** Adds an event. */
  tell(event: PushEvent): void {
    if (this.#events.length >= MAX_EVENTS) this.#events.shift();
    this.#events.push(event);
    this.wake();
  }

  /** Removes and returns the oldest event; null when the queue is empty. */
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
