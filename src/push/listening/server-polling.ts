import { setTimeout as sleep } from "node:timers/promises";
import { FobError } from "#base/fob-error.ts";
import { untilFirst } from "#base/until-first.ts";
import { isClockOff } from "#push/clock-offset.ts";
import type { PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import type { PushEvent } from "#push/push-event.ts";
import { BackOff } from "./back-off.ts";
import type { RequestQueue } from "./request-queue.ts";

/** The settings of {@link ServerPolling}. */
export interface PollingSettings {
  readonly inbox: PushInbox;
  /** The server's name in events. */
  readonly server: string;
  now(): Date;
  /** Ends the polling. */
  readonly signal: AbortSignal;
  /** The pause between polls, in milliseconds; null for the usual back-off. */
  readonly interval: number | null;
  tell(event: PushEvent): void;
}

/** How often requests are checked for expiry, in milliseconds. */
const EXPIRY_MS = 1_000;

/** A poll without an answer, and the number of polls that had been sent by then. */
interface Silence {
  readonly error: FobError;
  readonly asked: number;
}

/**
 * Polls one server for the requests of its tokens. Each token has a loop of its own, so that one
 * that fails or gets no answer does not delay the others.
 */
export class ServerPolling {
  readonly #settings: PollingSettings;
  #queues: readonly RequestQueue[];
  /** Why the server answers for none of its tokens; null while it does. */
  #down: FobError | null = null;
  #isDrifting = false;
  #failure: unknown = null;
  #wake = new AbortController();
  /** The number of polls that were sent, for all tokens. */
  #asked = 0;
  /** Tokens without an answer, while it is unknown whether the other tokens get one. */
  readonly #silent = new Map<RequestQueue, Silence>();

  constructor(queues: readonly RequestQueue[], settings: PollingSettings) {
    this.#queues = queues;
    this.#settings = settings;
  }

  /**
   * Polls until the signal aborts or no token is left; returns the error of the last token that was
   * given up, or null.
   */
  async run(): Promise<unknown> {
    const expiry = setInterval(() => this.#expire(), EXPIRY_MS);
    try {
      await Promise.all(this.#queues.map((queue) => this.#watch(queue)));
    } finally {
      clearInterval(expiry);
    }
    return this.#failure;
  }

  /** Why its tokens get no requests now, of those that get none. */
  get troubles(): readonly FobError[] {
    return this.#queues.flatMap((queue) => {
      const { offline, garbage } = queue;
      const garbled = garbage === null ? null : new FobError("unavailable", garbage);
      return offline ?? this.#down ?? this.#silent.get(queue)?.error ?? garbled ?? [];
    });
  }

  /** Polls at once and then every second. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  async #watch(queue: RequestQueue): Promise<void> {
    const { signal, now, interval } = this.#settings;
    const backOff = new BackOff(now().getTime(), Math.random, interval);
    while (!signal.aborted && this.#queues.includes(queue)) {
      if (await this.#ask(queue)) backOff.succeed();
      else backOff.fail();
      if (queue.waiting.length > 0) backOff.wake(now().getTime());
      if (this.#queues.includes(queue)) await this.#rest(backOff);
    }
  }

  async #rest(backOff: BackOff): Promise<void> {
    const { signal, now } = this.#settings;
    const woken = this.#wake.signal;
    const pause = backOff.pause(now().getTime());
    // an aborted pause is not an error
    await untilFirst([signal, woken], (end) => sleep(pause, undefined, { signal: end })).catch(
      () => undefined,
    );
    if (woken.aborted) backOff.wake(now().getTime());
  }

  /** Polls for one token; returns whether the server answered. */
  async #ask(queue: RequestQueue): Promise<boolean> {
    const { signal, inbox, now, tell } = this.#settings;
    const number = ++this.#asked;
    try {
      const polled = await inbox.poll(queue.token.id, signal);
      this.#noteAnswer(queue, number);
      for (const event of queue.compare(polled, now())) tell(event);
      this.#judgeClock(polled);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof FobError)) this.#giveUp(queue, error);
      else if (error.code === "rejected") this.#tellOffline(queue, error);
      else if (error.code === "unavailable") this.#noteSilence(queue, error);
      else this.#giveUp(queue, error);
      return false;
    }
  }

  #noteAnswer(queue: RequestQueue, number: number): void {
    const { server, tell } = this.#settings;
    if (this.#down) tell({ kind: "online", server, token: null });
    this.#down = null;
    this.#silent.delete(queue);
    if (queue.offline) tell({ kind: "online", server, token: queue.token.name });
    queue.offline = null;
    // the server works: a token that got no answer to an earlier poll has a problem of its own
    for (const [other, { error, asked }] of this.#silent)
      if (asked < number) this.#tellOffline(other, error);
  }

  #noteSilence(queue: RequestQueue, error: FobError): void {
    if (this.#down) return;
    if (!queue.offline) this.#silent.set(queue, { error, asked: this.#asked });
    if (!this.#queues.every((one) => one.offline || this.#silent.has(one))) return;
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    tell({ kind: "offline", server, token: null, message, hint });
    this.#down = error;
    this.#silent.clear();
  }

  #tellOffline(queue: RequestQueue, error: FobError): void {
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    this.#silent.delete(queue);
    if (!queue.offline) tell({ kind: "offline", server, token: queue.token.name, message, hint });
    queue.offline = error;
  }

  #giveUp(queue: RequestQueue, error: unknown): void {
    this.#failure = error;
    this.#queues = this.#queues.filter((one) => one !== queue);
    this.#silent.delete(queue);
    for (const event of queue.end(messageOf(error))) this.#settings.tell(event);
  }

  #expire(): void {
    const { now, tell } = this.#settings;
    for (const queue of this.#queues) for (const event of queue.expire(now())) tell(event);
  }

  #judgeClock({ clockOffsetSeconds: offset }: PolledRequests): void {
    const { server, tell } = this.#settings;
    const isDrifting = isClockOff(offset);
    if (isDrifting && !this.#isDrifting) tell({ kind: "drift", server, offsetSeconds: offset });
    if (!isDrifting && this.#isDrifting) tell({ kind: "steady", server });
    this.#isDrifting = isDrifting;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
