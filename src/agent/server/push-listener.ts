import { sleep } from "#base/long-timer.ts";
import { untilFirst } from "#base/until-first.ts";
import type { InboxToken, PushInbox } from "#push/inbox/inbox.ts";
import { Listening } from "#push/listening/listening.ts";
import { Notifying } from "#push/listening/notifying.ts";
import type { Notifier } from "#push/notifier.ts";
import { needsNoPin } from "#token/access-domain.ts";

const TOKEN_CHECK_MS = 10_000;

/**
 * Polls for login requests in an agent, for the tokens that need no PIN. Reports in the agent's
 * status how many wait, and shows notifications where it has a notifier.
 */
export class PushListener {
  readonly #inbox: PushInbox;
  readonly #notifier: Notifier | null;
  readonly #tokenCheck: number;
  readonly #end = new AbortController();
  #tokens: readonly InboxToken[] = [];
  #listening: Listening | null = null;
  /** Whether polling of a token has stopped; its access domain may forbid it for some time only. */
  #isIncomplete = false;

  /** `tokenCheck` is how often it checks for added and removed tokens, in milliseconds. */
  constructor(inbox: PushInbox, notifier: Notifier | null, tokenCheck = TOKEN_CHECK_MS) {
    this.#inbox = inbox;
    this.#notifier = notifier;
    this.#tokenCheck = tokenCheck;
  }

  get status() {
    return { tokens: this.#tokens.length, waiting: this.#listening?.waiting.length ?? 0 };
  }

  /** Listens until {@link end}. */
  async run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      this.#tokens = await this.#present();
      this.#isIncomplete = false;
      this.#listening = null;
      const over = new AbortController();
      void untilFirst([signal, over.signal], (end) => this.#listen(end));
      do await sleep(this.#tokenCheck, signal);
      while (
        !signal.aborted &&
        !this.#isIncomplete &&
        sameTokens(this.#tokens, await this.#present())
      );
      over.abort();
    }
  }

  end(): void {
    this.#end.abort();
    this.#inbox.close();
  }

  async #listen(signal: AbortSignal): Promise<void> {
    if (this.#tokens.length === 0) return;
    const listening = new Listening(this.#inbox, this.#tokens, {
      signal,
      now: () => new Date(),
      interval: null,
    });
    this.#listening = listening;
    const notifying = this.#notifier && notifyOf(listening, this.#notifier);
    try {
      for await (const event of listening.events()) {
        if (event.kind === "ended") this.#isIncomplete = true;
        notifying?.hear(event);
      }
    } catch {
      // no token is left to poll; the next check looks again
      this.#isIncomplete = true;
    }
    await notifying?.end();
  }

  async #present(): Promise<InboxToken[]> {
    try {
      const tokens = await this.#inbox.tokens();
      return tokens.filter(({ token, isGuarded }) => needsNoPin(token, isGuarded));
    } catch {
      // requests report that the vault cannot be read; the next check looks again
      return [];
    }
  }
}

/** Failures of the desktop are not reported: `fob push` still shows the requests. */
function notifyOf(listening: Listening, notifier: Notifier): Notifying {
  return new Notifying({
    notifier,
    answer: (id, answer, prompt) => listening.answer(id, answer, prompt),
    isGuarded: () => false,
    now: () => new Date(),
    onTrouble: () => undefined,
  });
}

function sameTokens(before: readonly InboxToken[], after: readonly InboxToken[]): boolean {
  const ids = (tokens: readonly InboxToken[]) => tokens.map(({ token }) => token.id).join();
  return ids(before) === ids(after);
}
