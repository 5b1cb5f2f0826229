import type { FobError } from "#base/fob-error.ts";
import type { InboxToken, PushInbox } from "#push/inbox/inbox.ts";
import type { PushEvent } from "#push/push-event.ts";
import { type PushOutcome, type PushRequest, waitsOn } from "#push/push-request.ts";
import { serverOf } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { EventQueue } from "./event-queue.ts";
import { RequestQueue } from "./request-queue.ts";
import { ServerPolling } from "./server-polling.ts";

/** The settings of {@link Listening}. */
export interface ListeningSettings {
  now(): Date;
  /** Ends the listening. */
  readonly signal: AbortSignal;
  /** The pause between polls, in milliseconds; null for the usual back-off. */
  readonly interval: number | null;
}

/**
 * Listens for the login requests of tokens, with one polling loop for each token, until the signal
 * aborts. The caller has opened the tokens in the inbox.
 */
export class Listening {
  readonly #inbox: PushInbox;
  readonly #settings: ListeningSettings;
  readonly #queues: readonly RequestQueue[];
  readonly #servers: readonly ServerPolling[];
  readonly #events = new EventQueue();
  /** The times of requests in the last minute, in milliseconds. */
  #arrivals: number[] = [];
  #running = 0;
  #failure: unknown = null;

  constructor(inbox: PushInbox, tokens: readonly InboxToken[], settings: ListeningSettings) {
    this.#inbox = inbox;
    this.#settings = settings;
    this.#queues = tokens.map(({ token }) => new RequestQueue(token));
    const { signal, interval } = settings;
    const surroundings = {
      inbox,
      signal,
      interval,
      now: () => settings.now(),
      tell: (event: PushEvent) => this.#tell(event),
    };
    this.#servers = [...byServer(this.#queues)].map(
      ([server, queues]) => new ServerPolling(queues, { ...surroundings, server }),
    );
  }

  /** The open requests, the newest first. */
  get waiting(): readonly PushRequest[] {
    const all = this.#queues.flatMap(({ waiting }) => waiting);
    return all.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime());
  }

  /** Why servers give no requests now: they cannot be reached, refuse, or send garbage. */
  get troubles(): readonly FobError[] {
    return this.#servers.flatMap(({ troubles }) => troubles);
  }

  /** How many requests arrived in the last minute. */
  get perMinute(): number {
    const since = this.#settings.now().getTime() - 60_000;
    this.#arrivals = this.#arrivals.filter((at) => at >= since);
    return this.#arrivals.length;
  }

  /** Polls the servers at once and then every second, because a person is present. */
  wake(): void {
    for (const server of this.#servers) server.wake();
  }

  /** Answers an open request as {@link PushInbox.answer} does; an event follows. */
  async answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const request = this.waiting.find((one) => one.id === id);
    const outcome = await this.#inbox.answer(id, answer, prompt);
    if (request) this.#leave(request, answer, outcome);
    return outcome;
  }

  /**
   * Denies all open requests; returns how many were denied. When some fail, throws the first error
   * after the others are denied.
   */
  async denyAll(isReport: boolean): Promise<number> {
    const requests = new Map(this.waiting.map((request) => [request.id, request]));
    const { denied, failures } = await this.#inbox.denyAll([...requests.keys()], isReport);
    for (const id of denied) {
      const request = requests.get(id);
      if (request) this.#leave(request, { kind: "deny", isReport }, { isAccepted: true });
    }
    const [failure] = failures;
    if (failure) throw failure.error;
    return denied.length;
  }

  /**
   * The events. Ends when the signal aborts; rejects when the last token has failed. Call it once.
   */
  async *events(): AsyncGenerator<PushEvent, void, void> {
    const { signal } = this.#settings;
    const wake = () => this.#events.wake();
    signal.addEventListener("abort", wake);
    for (const server of this.#servers) void this.#run(server);
    try {
      // also true when the signal has aborted before this call
      while (!signal.aborted) {
        const event = this.#events.take();
        if (event) yield event;
        else if (this.#running === 0) throw this.#failure;
        else await this.#events.next();
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  async #run(server: ServerPolling): Promise<void> {
    this.#running++;
    try {
      this.#failure = (await server.run()) ?? this.#failure;
    } catch (error) {
      this.#failure = error;
    }
    this.#running--;
    this.#events.wake();
  }

  #leave(request: PushRequest, answer: PushAnswer, outcome: PushOutcome): void {
    const queues = waitsOn(answer, outcome) ? [] : this.#queues;
    for (const queue of queues) if (queue.token.id === request.tokenId) queue.drop(request.id);
    this.#events.tell({ kind: "answered", request, answer, outcome });
  }

  #tell(event: PushEvent): void {
    if (event.kind === "request") this.#arrivals.push(this.#settings.now().getTime());
    this.#events.tell(event);
  }
}

function byServer(queues: readonly RequestQueue[]): Map<string, RequestQueue[]> {
  const servers = new Map<string, RequestQueue[]>();
  for (const queue of queues) {
    const server = serverOf(queue.token);
    servers.set(server, [...(servers.get(server) ?? []), queue]);
  }
  return servers;
}
