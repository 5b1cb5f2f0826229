import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskProgram } from "#cli/context.ts";
import type { Listening } from "#push/listening/listening.ts";
import { endsRequest, type PushEvent } from "#push/push-event.ts";
import { requestJson } from "#push/push-json.ts";
import type { PushRequest } from "#push/push-request.ts";
import { answerInWords, type PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** How many programs run at the same time. Further requests wait for one that ends. */
export const RUNS_AT_ONCE = 16;

/** What deciding by a program needs. */
export interface Deciding {
  /** The program's path, or its name in PATH. */
  readonly program: string;
  readonly askProgram: AskProgram;
  readonly pinPrompt: PinPrompt;
  /** How many programs may run at the same time: one where one answer is wanted. */
  readonly atOnce: number;
  now(): Date;
  tell(text: string): void;
  /** Called when no further request can be decided, for example without the program. */
  fail(): void;
}

/**
 * Lets a program decide on requests, with a run of its own for each: it gets the request as JSON on
 * its standard input, and its exit code is the answer. Where something is to be chosen it prints
 * its choice. What it cannot decide waits on. A run ends with its request.
 */
export class ProgramDecisions {
  readonly #listening: Pick<Listening, "answer">;
  readonly #deciding: Deciding;
  /** Ends the runs, by request id. */
  readonly #runs = new Map<string, AbortController>();
  /** The requests that have no run yet, the oldest first. */
  #queue: PushRequest[] = [];
  readonly #work = new Set<Promise<void>>();
  /** The last answer: a person can type one PIN at a time. */
  #answered: Promise<unknown> = Promise.resolve();
  #isEnding = false;
  #failure: unknown = null;

  constructor(listening: Pick<Listening, "answer">, deciding: Deciding) {
    this.#listening = listening;
    this.#deciding = deciding;
  }

  /** Handles an event; returns at once. */
  hear(event: PushEvent): void {
    if (event.kind === "request") {
      this.#queue.push(event.request);
      this.#startNext();
    } else if ((event.kind === "gone" || event.kind === "answered") && endsRequest(event)) {
      const { id } = event.request;
      this.#queue = this.#queue.filter((request) => request.id !== id);
      this.#runs.get(id)?.abort();
    }
  }

  /**
   * Ends all runs, and waits for the answers that are on their way. Throws FobError `unavailable`
   * when the program could not be started.
   */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#queue = [];
    for (const run of this.#runs.values()) run.abort();
    await Promise.all(this.#work);
    if (this.#failure !== null) throw this.#failure;
  }

  #startNext(): void {
    if (this.#isEnding || this.#runs.size >= this.#deciding.atOnce) return;
    const request = this.#queue.shift();
    if (!request) return;
    const run = new AbortController();
    this.#runs.set(request.id, run);
    const done: Promise<void> = this.#decide(request, run.signal)
      .catch((error) => {
        this.#failure ??= error;
        this.#deciding.fail();
      })
      .finally(() => {
        this.#runs.delete(request.id);
        this.#work.delete(done);
        this.#startNext();
      });
    this.#work.add(done);
  }

  async #decide(request: PushRequest, ended: AbortSignal): Promise<void> {
    const { program, askProgram, now, tell } = this.#deciding;
    const left = request.expiresAt.getTime() - now().getTime();
    if (left <= 0) return;
    const input = `${JSON.stringify(requestJson(request))}\n`;
    const signal = AbortSignal.any([ended, AbortSignal.timeout(left)]);
    const { exitCode, line } = await askProgram(program, { input, signal });
    // the request has gone, and its event is reported
    if (ended.aborted) return;
    const answer = answerOf(exitCode, line, request);
    if (answer !== null) await this.#answer(request, answer);
    else
      tell(
        t`${request.id} waits on: ${program} ${exitCode === null ? t("took too long") : t`ended with ${exitCode}`}`,
      );
  }

  async #answer({ id }: PushRequest, answer: PushAnswer): Promise<void> {
    const { pinPrompt, tell } = this.#deciding;
    const send = () => this.#listening.answer(id, answer, pinPrompt);
    try {
      const sent = pinPrompt.interactive ? this.#answered.then(send) : send();
      this.#answered = sent.catch(() => undefined);
      await sent;
      // the event of this answer is not reported any more
      if (this.#isEnding) tell(`${id}: ${answerInWords(answer)}`);
    } catch (error) {
      // one answer that failed is no reason to stop listening
      if (!(error instanceof FobError) || error.code === "interrupted") throw error;
      tell(`${id}: ${error.message}`);
    }
  }
}

function answerOf(
  exitCode: number | null,
  line: string,
  { options }: PushRequest,
): PushAnswer | null {
  if (exitCode === 0) return { kind: "approve", choice: options.length === 0 ? null : line };
  return exitCode === 1 ? { kind: "deny", isReport: false } : null;
}
