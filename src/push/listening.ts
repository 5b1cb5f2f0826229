import { setTimeout as sleep } from "node:timers/promises";
import { FobError } from "../fob-error.ts";
import type { PushAnswer } from "../token/push-answer.ts";
import { untilFirst } from "../until-first.ts";
import type { PinPrompt } from "../vault/pin-prompt.ts";
import type { DeskPoll, DeskToken, PushDesk } from "./desk.ts";
import { Pace } from "./pace.ts";
import type { PushEvent } from "./push-event.ts";
import { serverOf } from "./push-token.ts";
import type { PushOutcome, PushRequest } from "./request.ts";

/** What listening needs of its surroundings. */
export interface ListeningSettings {
  now(): Date;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** How often to ask, in milliseconds; null for once a second, and less often when nothing happens. */
  readonly interval: number | null;
}

/** From here on, in seconds, a clock is worth a word: privacyIDEA takes a minute. */
const DRIFT = 20;

/** What nobody has taken yet; the oldest gives way. */
const MAX_EVENTS = 4_096;

/** How many different refusals are told from one another, and how many answers of ours. */
const MAX_REFUSALS = 256;
const MAX_ANSWERED = 4_096;

/** One token that is listened to, and its requests that wait. */
interface Post {
  readonly token: DeskToken["token"];
  waiting: readonly PushRequest[];
  isRefused: boolean;
}

/** What is known of a server. */
interface ServerState {
  readonly server: string;
  isDown: boolean;
  isDrifting: boolean;
}

/** How a server took a question for one token's requests. */
type Reception = "answered" | "refused" | "down" | "ended";

/** Listens for the login requests of tokens: one loop a server, until its signal ends it. Whoever makes it has opened the tokens at the desk. */
export class Listening {
  readonly #desk: PushDesk;
  readonly #settings: ListeningSettings;
  readonly #posts: readonly Post[];
  readonly #queue: PushEvent[] = [];
  readonly #refusals = new Set<string>();
  /** A poll that was on its way meanwhile brings them once more. */
  readonly #answered = new Set<string>();
  /** When requests came within the last minute, in milliseconds. */
  #arrivals: number[] = [];
  #running = 0;
  #failure: unknown = null;
  #wakeConsumer: () => void = () => undefined;
  #wakeLoops = new AbortController();

  constructor(desk: PushDesk, tokens: readonly DeskToken[], settings: ListeningSettings) {
    this.#desk = desk;
    this.#settings = settings;
    this.#posts = tokens.map(({ token }) => ({ token, waiting: [], isRefused: false }));
  }

  /** The requests that wait for an answer, the newest first. */
  get waiting(): readonly PushRequest[] {
    const all = this.#posts.flatMap(({ waiting }) => waiting);
    return all.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
  }

  /** How many requests came in the last minute. */
  get perMinute(): number {
    const since = this.#settings.now().getTime() - 60_000;
    this.#arrivals = this.#arrivals.filter((at) => at >= since);
    return this.#arrivals.length;
  }

  /** Asks the servers soon, and every second again: somebody is there. */
  wake(): void {
    this.#wakeLoops.abort();
    this.#wakeLoops = new AbortController();
  }

  /** Answers a request that waits, as {@link PushDesk.answer} does; the event follows. */
  async answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const request = this.waiting.find((one) => one.id === id);
    const outcome = await this.#desk.answer(id, answer, prompt);
    this.#drop(id);
    if (request) this.#tell({ kind: "answered", request, answer, outcome });
    return outcome;
  }

  /** Denies everything that waits; returns how many requests that were. Throws as {@link PushDesk.denyAll} does. */
  async denyAll(isReport: boolean): Promise<number> {
    const { waiting } = this;
    const denied = new Set(
      await this.#desk.denyAll(
        waiting.map(({ id }) => id),
        isReport,
      ),
    );
    for (const request of waiting.filter(({ id }) => denied.has(id))) {
      this.#drop(request.id);
      this.#tell({ kind: "answered", request, answer: { kind: "deny", isReport }, outcome: { isAccepted: true } });
    }
    return denied.size;
  }

  /**
   * What happens, as it happens. Ends when the signal says so; rejects when no token is left to listen to, as the last one failed. To be asked
   * for once.
   */
  async *events(): AsyncGenerator<PushEvent, void, void> {
    const { signal } = this.#settings;
    const wake = () => this.#wakeConsumer();
    signal.addEventListener("abort", wake);
    for (const [server, posts] of this.#byServer()) void this.#listenTo(server, posts).finally(wake);
    try {
      while (!signal.aborted) {
        const event = this.#queue.shift();
        if (event) yield event;
        else if (this.#running === 0) throw this.#failure;
        else await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  #byServer(): Map<string, Post[]> {
    const servers = new Map<string, Post[]>();
    for (const post of this.#posts) {
      const server = serverOf(post.token);
      servers.set(server, [...(servers.get(server) ?? []), post]);
    }
    return servers;
  }

  async #listenTo(server: string, posts: readonly Post[]): Promise<void> {
    this.#running++;
    const { signal, now, interval } = this.#settings;
    const pace = new Pace(now().getTime(), Math.random, interval);
    const state: ServerState = { server, isDown: false, isDrifting: false };
    let listened = posts;
    while (!signal.aborted && listened.length > 0) {
      listened = await this.#goRound(listened, state, pace);
      if (listened.length > 0) await this.#rest(pace);
    }
    this.#running--;
  }

  /** Asks for every token's requests, one after the other; returns the tokens that are worth asking for again. */
  async #goRound(posts: readonly Post[], state: ServerState, pace: Pace): Promise<readonly Post[]> {
    const receptions = new Map<Post, Reception>();
    for (const post of posts) {
      const reception = await this.#ask(post, state);
      receptions.set(post, reception);
      // what cannot be reached for one token cannot be for another
      if (reception === "down") break;
    }
    if ([...receptions.values()].includes("answered")) pace.succeed();
    else pace.fail();
    if (posts.some(({ waiting }) => waiting.length > 0)) pace.wake(this.#settings.now().getTime());
    return posts.filter((post) => receptions.get(post) !== "ended");
  }

  async #rest(pace: Pace): Promise<void> {
    const { signal, now } = this.#settings;
    const woken = this.#wakeLoops.signal;
    const pause = pace.pause(now().getTime());
    // an end of the pause that somebody asked for is no failure
    await untilFirst([signal, woken], (end) => sleep(pause, undefined, { signal: end })).catch(() => undefined);
    if (woken.aborted) pace.wake(now().getTime());
  }

  async #ask(post: Post, state: ServerState): Promise<Reception> {
    const { signal } = this.#settings;
    const { server } = state;
    try {
      const polled = await this.#desk.poll(post.token.id, signal);
      if (state.isDown) this.#tell({ kind: "online", server, token: null });
      if (post.isRefused) this.#tell({ kind: "online", server, token: post.token.name });
      state.isDown = post.isRefused = false;
      this.#compare(post, polled);
      this.#judgeClock(polled, state);
      return "answered";
    } catch (error) {
      return signal.aborted ? "ended" : this.#endure(post, state, error);
    }
  }

  #endure(post: Post, state: ServerState, error: unknown): Reception {
    const { server } = state;
    const { name } = post.token;
    this.#expire(post);
    if (!(error instanceof FobError) || (error.code !== "unavailable" && error.code !== "rejected")) {
      this.#end(post, error);
      return "ended";
    }
    const { message, hint = null, code } = error;
    if (code === "rejected") {
      if (!post.isRefused) this.#tell({ kind: "offline", server, token: name, message, hint });
      post.isRefused = true;
      return "refused";
    }
    if (!state.isDown) this.#tell({ kind: "offline", server, token: null, message, hint });
    state.isDown = true;
    return "down";
  }

  #end(post: Post, error: unknown): void {
    this.#failure = error;
    for (const request of post.waiting) this.#tell({ kind: "gone", request, reason: "withdrawn" });
    post.waiting = [];
    this.#tell({ kind: "ended", token: post.token.name, message: messageOf(error) });
  }

  /** What is new and what has gone since the last time. */
  #compare(post: Post, { requests: listed, refusals }: DeskPoll): void {
    const now = this.#settings.now();
    const requests = listed.filter(({ id }) => !this.#answered.has(id));
    const before = new Set(post.waiting.map(({ id }) => id));
    const after = new Set(requests.map(({ id }) => id));
    const gone = post.waiting.filter(({ id }) => !after.has(id));
    const fresh = requests.filter(({ id }) => !before.has(id)).reverse();
    post.waiting = requests;
    for (const request of gone) this.#tell({ kind: "gone", request, reason: whyGone(request, now) });
    for (const request of fresh) this.#tell({ kind: "request", request });
    this.#arrivals.push(...fresh.map(() => now.getTime()));
    for (const message of refusals) this.#refuse(post.token.name, message);
  }

  /** While a server cannot be asked, time goes on. */
  #expire(post: Post): void {
    const now = this.#settings.now();
    const expired = post.waiting.filter(({ expiresAt }) => expiresAt <= now);
    post.waiting = post.waiting.filter(({ expiresAt }) => expiresAt > now);
    for (const request of expired) this.#tell({ kind: "gone", request, reason: "expired" });
  }

  #refuse(token: string, message: string): void {
    const told = JSON.stringify([token, message]);
    if (this.#refusals.has(told) || this.#refusals.size >= MAX_REFUSALS) return;
    this.#refusals.add(told);
    this.#tell({ kind: "refusal", token, message });
  }

  #judgeClock({ clockOffsetSeconds: offset }: DeskPoll, state: ServerState): void {
    const isDrifting = offset !== null && Math.abs(offset) >= DRIFT;
    if (isDrifting && !state.isDrifting) this.#tell({ kind: "drift", server: state.server, offsetSeconds: offset });
    state.isDrifting = isDrifting;
  }

  #drop(id: string): void {
    if (this.#answered.size >= MAX_ANSWERED) this.#answered.clear();
    this.#answered.add(id);
    for (const post of this.#posts) post.waiting = post.waiting.filter((request) => request.id !== id);
  }

  #tell(event: PushEvent): void {
    if (this.#queue.length >= MAX_EVENTS) this.#queue.shift();
    this.#queue.push(event);
    this.#wakeConsumer();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function whyGone({ expiresAt }: PushRequest, now: Date): "expired" | "withdrawn" {
  return expiresAt <= now ? "expired" : "withdrawn";
}
