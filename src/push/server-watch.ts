import { setTimeout as sleep } from "node:timers/promises";
import { FobError } from "../fob-error.ts";
import { untilFirst } from "../until-first.ts";
import type { DeskPoll, PushDesk } from "./desk.ts";
import { Pace } from "./pace.ts";
import type { Post } from "./post.ts";
import type { PushEvent } from "./push-event.ts";

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

/** How a server took a question for one token's requests. */
type Reception = "answered" | "refused" | "down" | "ended";

/** Asks one server for the requests of its tokens, again and again. */
export class ServerWatch {
  readonly #settings: WatchSettings;
  readonly #pace: Pace;
  #posts: readonly Post[];
  #isDown = false;
  #isDrifting = false;
  #failure: unknown = null;
  #wake = new AbortController();

  constructor(posts: readonly Post[], settings: WatchSettings) {
    this.#posts = posts;
    this.#settings = settings;
    this.#pace = new Pace(settings.now().getTime(), Math.random, settings.interval);
  }

  /** Asks until the signal says so, or no token is left; returns why the last one was given up, null where none was. */
  async run(): Promise<unknown> {
    const { signal } = this.#settings;
    while (!signal.aborted && this.#posts.length > 0) {
      await this.#goRound();
      if (this.#posts.length > 0) await this.#rest();
    }
    return this.#failure;
  }

  /** Asks soon, and every second again. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Asks for every token's requests, one after the other, and gives up those that are not worth asking for again. */
  async #goRound(): Promise<void> {
    const receptions = new Map<Post, Reception>();
    for (const post of this.#posts) {
      const reception = await this.#ask(post);
      receptions.set(post, reception);
      // what cannot be reached for one token cannot be for another
      if (reception === "down") break;
    }
    if ([...receptions.values()].includes("answered")) this.#pace.succeed();
    else this.#pace.fail();
    if (this.#posts.some(({ waiting }) => waiting.length > 0)) this.#pace.wake(this.#settings.now().getTime());
    this.#posts = this.#posts.filter((post) => receptions.get(post) !== "ended");
  }

  async #rest(): Promise<void> {
    const { signal, now } = this.#settings;
    const woken = this.#wake.signal;
    const pause = this.#pace.pause(now().getTime());
    // an end of the pause that somebody asked for is no failure
    await untilFirst([signal, woken], (end) => sleep(pause, undefined, { signal: end })).catch(() => undefined);
    if (woken.aborted) this.#pace.wake(now().getTime());
  }

  async #ask(post: Post): Promise<Reception> {
    const { signal, desk, server, tell, now } = this.#settings;
    try {
      const polled = await desk.poll(post.token.id, signal);
      if (this.#isDown) tell({ kind: "online", server, token: null });
      if (post.isRefused) tell({ kind: "online", server, token: post.token.name });
      this.#isDown = post.isRefused = false;
      for (const event of post.compare(polled, now())) tell(event);
      this.#judgeClock(polled);
      return "answered";
    } catch (error) {
      return signal.aborted ? "ended" : this.#endure(post, error);
    }
  }

  #endure(post: Post, error: unknown): Reception {
    const { server, tell, now } = this.#settings;
    for (const event of post.expire(now())) tell(event);
    if (!(error instanceof FobError) || (error.code !== "unavailable" && error.code !== "rejected")) {
      this.#failure = error;
      for (const event of post.end(messageOf(error))) tell(event);
      return "ended";
    }
    const { message, hint = null, code } = error;
    if (code === "rejected") {
      if (!post.isRefused) tell({ kind: "offline", server, token: post.token.name, message, hint });
      post.isRefused = true;
      return "refused";
    }
    if (!this.#isDown) tell({ kind: "offline", server, token: null, message, hint });
    this.#isDown = true;
    return "down";
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
