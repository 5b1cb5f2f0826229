import { setTimeout as sleep } from "node:timers/promises";
import { FobError } from "#base/fob-error.ts";
import { untilFirst } from "#base/until-first.ts";
import type { DeskPoll, PushDesk } from "#push/desk.ts";
import type { PushEvent } from "#push/push-event.ts";
import { Pace } from "./pace.ts";
import type { Post } from "./post.ts";

/** What watching a server needs of its surroundings. */
export interface WatchSettings {
  readonly desk: PushDesk;
  /** The server's name, as it is told. */
  readonly server: string;
  now(): Date;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** In milliseconds; null for the usual pace. */
  readonly interval: number | null;
  tell(event: PushEvent): void;
}

/** From here on, in seconds, a clock is worth a word: privacyIDEA takes a minute. */
const DRIFT = 20;

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
export class ServerWatch {
  readonly #settings: WatchSettings;
  #posts: readonly Post[];
  #isDown = false;
  #isDrifting = false;
  #failure: unknown = null;
  #wake = new AbortController();
  /** How many questions were asked, of all tokens. */
  #asked = 0;
  /** Tokens without an answer, as long as it is not known whether the others get one. */
  readonly #silent = new Map<Post, Silence>();

  constructor(posts: readonly Post[], settings: WatchSettings) {
    this.#posts = posts;
    this.#settings = settings;
  }

  /**
   * Asks until the signal says so, or no token is left; returns why the last one was given up, null
   * where none was.
   */
  async run(): Promise<unknown> {
    const expiry = setInterval(() => this.#expire(), EXPIRY_MS);
    try {
      await Promise.all(this.#posts.map((post) => this.#watch(post)));
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

  async #watch(post: Post): Promise<void> {
    const { signal, now, interval } = this.#settings;
    const pace = new Pace(now().getTime(), Math.random, interval);
    while (!signal.aborted && this.#posts.includes(post)) {
      if (await this.#ask(post)) pace.succeed();
      else pace.fail();
      if (post.waiting.length > 0) pace.wake(now().getTime());
      if (this.#posts.includes(post)) await this.#rest(pace);
    }
  }

  async #rest(pace: Pace): Promise<void> {
    const { signal, now } = this.#settings;
    const woken = this.#wake.signal;
    const pause = pace.pause(now().getTime());
    // an end of the pause that somebody asked for is no failure
    await untilFirst([signal, woken], (end) => sleep(pause, undefined, { signal: end })).catch(
      () => undefined,
    );
    if (woken.aborted) pace.wake(now().getTime());
  }

  /** Asks for one token's requests; returns whether the server answered. */
  async #ask(post: Post): Promise<boolean> {
    const { signal, desk, now, tell } = this.#settings;
    const number = ++this.#asked;
    try {
      const polled = await desk.poll(post.token.id, signal);
      this.#noteAnswer(post, number);
      for (const event of post.compare(polled, now())) tell(event);
      this.#judgeClock(polled);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof FobError)) this.#giveUp(post, error);
      else if (error.code === "rejected") this.#tellOffline(post, error);
      else if (error.code === "unavailable") this.#noteSilence(post, error);
      else this.#giveUp(post, error);
      return false;
    }
  }

  #noteAnswer(post: Post, number: number): void {
    const { server, tell } = this.#settings;
    if (this.#isDown) tell({ kind: "online", server, token: null });
    this.#isDown = false;
    this.#silent.delete(post);
    if (post.isOffline) tell({ kind: "online", server, token: post.token.name });
    post.isOffline = false;
    // the server is there: whoever got no answer before this question was asked has a trouble of
    // its own
    for (const [other, { error, asked }] of this.#silent)
      if (asked < number) this.#tellOffline(other, error);
  }

  #noteSilence(post: Post, error: FobError): void {
    if (this.#isDown) return;
    if (!post.isOffline) this.#silent.set(post, { error, asked: this.#asked });
    if (!this.#posts.every((one) => one.isOffline || this.#silent.has(one))) return;
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    tell({ kind: "offline", server, token: null, message, hint });
    this.#isDown = true;
    this.#silent.clear();
  }

  #tellOffline(post: Post, error: FobError): void {
    const { server, tell } = this.#settings;
    const { message, hint = null } = error;
    this.#silent.delete(post);
    if (!post.isOffline) tell({ kind: "offline", server, token: post.token.name, message, hint });
    post.isOffline = true;
  }

  #giveUp(post: Post, error: unknown): void {
    this.#failure = error;
    this.#posts = this.#posts.filter((one) => one !== post);
    this.#silent.delete(post);
    for (const event of post.end(messageOf(error))) this.#settings.tell(event);
  }

  #expire(): void {
    const { now, tell } = this.#settings;
    for (const post of this.#posts) for (const event of post.expire(now())) tell(event);
  }

  #judgeClock({ clockOffsetSeconds: offset }: DeskPoll): void {
    const { server, tell } = this.#settings;
    const isDrifting = offset !== null && Math.abs(offset) >= DRIFT;
    if (isDrifting && !this.#isDrifting) tell({ kind: "drift", server, offsetSeconds: offset });
    if (!isDrifting && this.#isDrifting) tell({ kind: "steady", server });
    this.#isDrifting = isDrifting;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
