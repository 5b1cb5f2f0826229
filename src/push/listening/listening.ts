import type { DeskToken, PushDesk } from "#push/desk.ts";
import type { PushEvent } from "#push/push-event.ts";
import { serverOf } from "#push/push-token.ts";
import type { PushOutcome, PushRequest } from "#push/request.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { EventQueue } from "./event-queue.ts";
import { Post } from "./post.ts";
import { ServerWatch } from "./server-watch.ts";

/** What listening needs of its surroundings. */
export interface ListeningSettings {
  now(): Date;
  /** Ends it. */
  readonly signal: AbortSignal;
  /**
   * How often to ask, in milliseconds; null for once a second, and less often when nothing happens.
   */
  readonly interval: number | null;
}

/**
 * Listens for the login requests of tokens: one loop a token, until its signal ends it. Whoever
 * makes it has opened the tokens at the desk.
 */
export class Listening {
  readonly #desk: PushDesk;
  readonly #settings: ListeningSettings;
  readonly #posts: readonly Post[];
  readonly #watches: readonly ServerWatch[];
  readonly #queue = new EventQueue();
  /** When requests came within the last minute, in milliseconds. */
  #arrivals: number[] = [];
  #running = 0;
  #failure: unknown = null;

  constructor(desk: PushDesk, tokens: readonly DeskToken[], settings: ListeningSettings) {
    this.#desk = desk;
    this.#settings = settings;
    this.#posts = tokens.map(({ token }) => new Post(token));
    const { signal, interval } = settings;
    const surroundings = {
      desk,
      signal,
      interval,
      now: () => settings.now(),
      tell: (event: PushEvent) => this.#tell(event),
    };
    this.#watches = [...byServer(this.#posts)].map(
      ([server, posts]) => new ServerWatch(posts, { ...surroundings, server }),
    );
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
    for (const watch of this.#watches) watch.wake();
  }

  /** Answers a request that waits, as {@link PushDesk.answer} does; the event follows. */
  async answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const request = this.waiting.find((one) => one.id === id);
    const outcome = await this.#desk.answer(id, answer, prompt);
    if (request) this.#leave(request, answer, outcome);
    return outcome;
  }

  /**
   * Denies everything that waits; returns how many requests that were. Throws why not all were,
   * after those that were.
   */
  async denyAll(isReport: boolean): Promise<number> {
    const requests = new Map(this.waiting.map((request) => [request.id, request]));
    const { denied, failures } = await this.#desk.denyAll([...requests.keys()], isReport);
    for (const id of denied) {
      const request = requests.get(id);
      if (request) this.#leave(request, { kind: "deny", isReport }, { isAccepted: true });
    }
    const [failure] = failures;
    if (failure) throw failure.error;
    return denied.length;
  }

  /**
   * What happens, as it happens. Ends when the signal says so; rejects when no token is left to
   * listen to, as the last one failed. To be asked for once.
   */
  async *events(): AsyncGenerator<PushEvent, void, void> {
    const { signal } = this.#settings;
    const wake = () => this.#queue.wake();
    signal.addEventListener("abort", wake);
    for (const watch of this.#watches) void this.#run(watch);
    try {
      // a signal that fired before anybody listened is seen here
      while (!signal.aborted) {
        const event = this.#queue.take();
        if (event) yield event;
        else if (this.#running === 0) throw this.#failure;
        else await this.#queue.next();
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  async #run(watch: ServerWatch): Promise<void> {
    this.#running++;
    try {
      this.#failure = (await watch.run()) ?? this.#failure;
    } catch (error) {
      this.#failure = error;
    }
    this.#running--;
    this.#queue.wake();
  }

  #leave(request: PushRequest, answer: PushAnswer, outcome: PushOutcome): void {
    for (const post of this.#posts) if (post.token.id === request.tokenId) post.drop(request.id);
    this.#queue.tell({ kind: "answered", request, answer, outcome });
  }

  #tell(event: PushEvent): void {
    if (event.kind === "request") this.#arrivals.push(this.#settings.now().getTime());
    this.#queue.tell(event);
  }
}

function byServer(posts: readonly Post[]): Map<string, Post[]> {
  const servers = new Map<string, Post[]>();
  for (const post of posts) {
    const server = serverOf(post.token);
    servers.set(server, [...(servers.get(server) ?? []), post]);
  }
  return servers;
}
