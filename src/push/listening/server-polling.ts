import { setTimeout as sleep } from "node:timers/promises";
import { FobError } from "#base/fob-error.ts";
import { untilFirst } from "#base/until-first.ts";
import { isClockOff } from "#push/clock-offset.ts";
import type { PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import type { PushEvent } from "#push/push-event.ts";
import { BackOff } from "./back-off.ts";
import type { RequestQueue } from "./request-queue.ts";

/** What watching a server needs of its surroundings. */
export interface PollingSettings {
  readonly inbox: PushInbox;
  /** The server's name, as it is told. */
  readonly server: string;
  now(): Date;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** In milliseconds; null for the usual back-off. */
  readonly interval: number | null;
  tell(event: PushEvent): void;
}

/** How often requests are looked through for those that have expired, in milliseconds. */
const EXPIRY_MS = 1_000;

/** A question that got no answer, and how many questions had been asked until then. */
interface Silence {
  readonly error: FobError;
  readonly asked: number;
}

/**
 * Asks one server for the requests of its tokens, again and again. Each token is asked for in its
 * own time: one that fails, or gets no answer for a while, does not hold up the others.
 */
export class ServerPolling {
  readonly #settings: PollingSettings;
  #queues: readonly RequestQueue[];
  #isDown = false;
  #isDrifting = false;
  #failure: unknown = null;
  #wake = new AbortController();
  /** How many questions were asked, of all tokens. */
  #asked = 0;
  /** Tokens without an answer, as long as it is not known whether the others get one. */
  readonly #silent = new Map<RequestQueue, Silence>();

  constructor(queues: readonly RequestQueue[], settings: PollingSettings) {
    this.#queues = queues;
    this.#settings = settings;
  }

  /**
   * Asks until the signal says so, or no token is left; returns why the last one was given up, null
   * where none was.
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

  /** Asks soon, and every second again. */
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
    // an end of the pause that somebody asked for is no failure
    await untilFirst([signal, woken], (end) => sleep(pause, undefined, { signal: end })).catch(
      () => undefined,
    );
    if (woken.aborted) backOff.wake(now().getTime());
  }

  /** Asks for one token's requests; returns whether the server answered. */
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
    if (this.#isDown) tell({ kind: "online", server, token: null });
    this.#isDown = false;
    this.#silent.delete(queue);
    if (queue.isOffline) tell({ kind: "online", server, token: queue.token.name });
    queue.isOffline = false;
    // the server is there: whoever got no answer before this question was asked has a trouble of
    // its own
    for (const [other, { error, asked }] of this.#silent)
      if (asked < number) this.#tellOffline(other, error);
  }

  #noteSilence(queue: RequestQueue, error: FobError): void {
    if (this.#isDown) return;
    if (!queue.isOffline) this.#silent.set(queue, { error, asked: this.#asked });
    if (!this.#queues.every((one) => one.isOffline || this.#silent.has(one))) return;
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    tell({ kind: "offline", server, token: null, message, hint });
    this.#isDown = true;
    this.#silent.clear();
  }

  #tellOffline(queue: RequestQueue, error: FobError): void {
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    this.#silent.delete(queue);
    if (!queue.isOffline) tell({ kind: "offline", server, token: queue.token.name, message, hint });
    queue.isOffline = true;
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
