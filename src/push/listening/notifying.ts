import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Notice, NoticeQuestion, Notifier } from "#push/notifier.ts";
import type { PushEvent } from "#push/push-event.ts";
import type { PushOutcome, PushRequest } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** The settings of {@link Notifying}. */
export interface NotifyingSettings {
  readonly notifier: Notifier;
  /** Answers an open request. */
  answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome>;
  /** Whether the token with this id has a PIN: then no button can approve. */
  isGuarded(tokenId: string): boolean;
  now(): Date;
  /** Called once when a notification cannot be shown. Later ones are still tried. */
  onTrouble(trouble: FobError): void;
}

/**
 * The maximum number of notifications at a time. Further requests are counted, and shown when one
 * has gone.
 */
const MAX_SHOWN = 3;

/** The shortest time between two notifications about a flood, in milliseconds. */
const FLOOD_MS = 60_000;

/** The longest text of a notification, in UTF-16 units. */
const MAX_TEXT = 240;

/**
 * What every desktop shows whole, in UTF-16 units: a title of one line, and a few lines of text.
 */
const MAX_WHOLE_TITLE = 40;
const MAX_WHOLE_TEXT = 120;

const APPROVE = "approve";
const DENY = "deny";

/** Refuses to ask for a PIN, because a notification cannot. */
const NO_PIN: PinPrompt = {
  interactive: false,
  release: async () => null,
  ask: async ({ of }) => {
    throw new FobError("locked", t`the PIN of ${of} is needed: open fob`);
  },
};

/**
 * Asks about login requests by notifications of the desktop, while somebody listens. Only a request
 * whose policy allows it (`isQuick`), with nothing to choose, no PIN to type and so few words that
 * all of them are seen, gets buttons; for the others the person is told to open fob.
 */
export class Notifying {
  readonly #settings: NotifyingSettings;
  /** Ends the shown notifications, by request id. */
  readonly #shown = new Map<string, AbortController>();
  /** The requests that are not shown yet, by id, the oldest first. */
  readonly #waiting = new Map<string, PushRequest>();
  readonly #work = new Set<Promise<void>>();
  #uncounted = 0;
  #floodToldAt = Number.NEGATIVE_INFINITY;
  #isTroubled = false;

  constructor(settings: NotifyingSettings) {
    this.#settings = settings;
  }

  /** Handles an event; returns at once. */
  hear(event: PushEvent): void {
    if (event.kind === "request") this.#receive(event.request);
    else if (event.kind === "gone" || event.kind === "answered") {
      this.#waiting.delete(event.request.id);
      this.#shown.get(event.request.id)?.abort();
    }
  }

  /** Closes all notifications; resolves when all pressed buttons are handled. */
  async end(): Promise<void> {
    this.#waiting.clear();
    for (const end of this.#shown.values()) end.abort();
    await Promise.all(this.#work);
  }

  #start(work: Promise<void>): void {
    const done: Promise<void> = work
      .catch((error) => this.#endure(error))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #receive(request: PushRequest): void {
    if (this.#shown.size < MAX_SHOWN) this.#start(this.#present(request));
    else {
      this.#waiting.set(request.id, request);
      this.#start(this.#countFlood());
    }
  }

  #showNext(): void {
    const [next] = this.#waiting.values();
    if (!next || this.#shown.size >= MAX_SHOWN) return;
    this.#waiting.delete(next.id);
    this.#start(this.#present(next));
  }

  async #present(request: PushRequest): Promise<void> {
    const end = new AbortController();
    this.#shown.set(request.id, end);
    try {
      if (this.#isAnswerable(request)) await this.#ask(request, end.signal);
      else await this.#tell(request, end.signal);
    } finally {
      this.#shown.delete(request.id);
      this.#showNext();
    }
  }

  /**
   * Resolves when the request has gone: the desktop does not report when a notification has left
   * the screen.
   */
  async #tell(request: PushRequest, signal: AbortSignal): Promise<void> {
    await this.#settings.notifier.tell(describe(request, t("Open fob to answer: fob push listen")));
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  #isAnswerable(request: PushRequest): boolean {
    const { isQuick, options, tokenId } = request;
    const isAllowed = isQuick && options.length === 0 && !this.#settings.isGuarded(tokenId);
    return isAllowed && isShownWhole(request);
  }

  async #ask(request: PushRequest, signal: AbortSignal): Promise<void> {
    const { notifier, now, answer } = this.#settings;
    const timeout = Math.max(0, request.expiresAt.getTime() - now().getTime());
    const pressed = await notifier.ask(asQuestion(request), { signal, timeout });
    if (pressed === null) return;
    const given: PushAnswer =
      pressed === APPROVE ? { kind: "approve", choice: null } : { kind: "deny", isReport: false };
    await notifier.tell(
      outcomeOf(request, given, await this.#send(() => answer(request.id, given, NO_PIN))),
    );
  }

  async #send(send: () => Promise<PushOutcome>): Promise<PushOutcome | FobError> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof FobError) return error;
      throw error;
    }
  }

  async #countFlood(): Promise<void> {
    this.#uncounted++;
    const now = this.#settings.now().getTime();
    if (now - this.#floodToldAt < FLOOD_MS) return;
    this.#floodToldAt = now;
    const count = this.#uncounted;
    this.#uncounted = 0;
    const title = plural(count, "more login request");
    const body = t(
      "If you started none of them, somebody may know your password: fob push deny --all --report",
    );
    await this.#settings.notifier.tell({ title, body });
  }

  #endure(error: unknown): void {
    // the others would fail as well
    this.#waiting.clear();
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    const trouble =
      error instanceof FobError ? error : new FobError("internal", String(error), { cause: error });
    this.#settings.onTrouble(trouble);
  }
}

function isShownWhole({ title, question, token, server }: PushRequest): boolean {
  const text = [question, token, server].map(printable).join("");
  return printable(title).length <= MAX_WHOLE_TITLE && text.length <= MAX_WHOLE_TEXT;
}

function asQuestion(request: PushRequest): NoticeQuestion {
  const actions = [
    { id: APPROVE, label: t("Approve") },
    { id: DENY, label: t("Deny") },
  ] as const;
  return { ...describe(request, t("Did you start this login?")), actions };
}

function describe({ title, question, token, server }: PushRequest, advice: string): Notice {
  return {
    title: short(title) || t("Login request"),
    body: [short(question), t`${short(token)} at ${server}`, advice].join("\n"),
  };
}

function outcomeOf(
  request: PushRequest,
  given: PushAnswer,
  outcome: PushOutcome | FobError,
): Notice {
  const body = short(request.title || request.question);
  if (outcome instanceof FobError)
    return { title: t("Not answered"), body: `${body}\n${short(outcome.message)}` };
  if (!outcome.isAccepted)
    return {
      title: t("Not accepted"),
      body: [body, t("It was too late, or answered elsewhere.")].join("\n"),
    };
  const { displayCode, message = "" } = outcome;
  if (displayCode !== undefined)
    return { title: t`Type ${short(displayCode)} at the login page`, body: short(message) || body };
  return {
    title: given.kind === "approve" ? t("Approved") : t("Denied"),
    body: [body, short(message)].filter(Boolean).join("\n"),
  };
}

function short(text: string): string {
  const safe = printable(text);
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}…` : safe;
}
