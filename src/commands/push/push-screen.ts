import { FobError } from "#base/fob-error.ts";
import type { Context } from "#cli/context.ts";
import {
  type PushScreenState,
  type PushStep,
  type PushWish,
  passTime,
  pressPushKey,
  QUIET,
  withAnswersSent,
  withEvent,
  withNote,
  withRequests,
  withSaid,
  withSight,
  wordingOf,
} from "#cli/screen/push-state.ts";
import { viewPush } from "#cli/screen/push-view.ts";
import type { Screen } from "#cli/screen/screen.ts";
import type { InboxToken } from "#push/inbox/inbox.ts";
import type { Listening } from "#push/listening/listening.ts";
import { endsRequest, type PushEvent } from "#push/push-event.ts";
import type { PushRequest } from "#push/push-request.ts";
import { ACCESS } from "#token/access-domain.ts";

/** What the screen of login requests needs of the context. */
export type PushScreenContext = Pick<Context, "clock" | "pinPrompt">;

/** What the screen of login requests works with. */
export interface PushScreenSettings {
  readonly listening: Listening;
  readonly tokens: readonly InboxToken[];
  /** Whether it ends after the first request that was answered or expired. */
  readonly once: boolean;
  /** Receives every event as well. */
  hear(event: PushEvent): void;
}

/**
 * Shows login requests and takes answers, until the person leaves or the listening ends; returns
 * how many requests came.
 */
export async function watchRequests(
  settings: PushScreenSettings,
  screen: Screen,
  context: PushScreenContext,
): Promise<number> {
  const view = new PushScreen(settings, screen, context);
  try {
    return await view.run();
  } finally {
    await view.end();
  }
}

/** The screen, from its first picture until the person leaves. */
class PushScreen {
  readonly #settings: PushScreenSettings;
  readonly #screen: Screen;
  readonly #context: PushScreenContext;
  #state: PushScreenState = QUIET;
  #received = 0;
  #isOver = false;
  #failure: unknown = null;

  constructor(settings: PushScreenSettings, screen: Screen, context: PushScreenContext) {
    this.#settings = settings;
    this.#screen = screen;
    this.#context = context;
  }

  async run(): Promise<number> {
    const { terminal } = this.#screen;
    void this.#follow();
    for (;;) {
      this.#renew();
      if (this.#take(passTime(this.#state, this.#context.clock()))) break;
      this.#draw();
      const key = await terminal.nextKey(this.#untilNextSecond());
      if (this.#failure) throw this.#failure;
      if (this.#isOver && !this.#isBusy) break;
      if (!key) continue;
      this.#settings.listening.wake();
      this.#renew();
      if (this.#take(pressPushKey(this.#state, key, this.#context.clock()))) break;
    }
    return this.#received;
  }

  /** Quitting while a request is shown as denied denies it. */
  async end(): Promise<void> {
    const { mode } = this.#state;
    this.#screen.terminal.close();
    if (mode.kind !== "denying") return;
    const denial = this.#settings.listening.answer(
      mode.id,
      { kind: "deny", isReport: false },
      this.#context.pinPrompt,
    );
    // the person has left: a denial that came too late is not reported
    await denial.catch(() => undefined);
  }

  /**
   * An answer on its way is waited for, and a code that is to be typed elsewhere stays until it was
   * read.
   */
  get #isBusy(): boolean {
    return this.#state.mode.kind === "sending" || this.#state.mode.kind === "code";
  }

  async #follow(): Promise<void> {
    const { listening, hear, once } = this.#settings;
    try {
      for await (const event of listening.events()) {
        hear(event);
        if (event.kind === "request") this.#received++;
        this.#state = withEvent(this.#state, event, this.#context.clock());
        if (once && endsRequest(event)) this.#isOver = true;
        this.#screen.terminal.wake();
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isOver = true;
    this.#screen.terminal.wake();
  }

  #renew(): void {
    const { waiting, perMinute } = this.#settings.listening;
    this.#state = withRequests(this.#state, waiting, perMinute);
  }

  /** Returns whether the person leaves. */
  #take({ state, wish }: PushStep): boolean {
    this.#state = state;
    if (wish?.kind === "answer") void this.#carryOut(wish.request, () => this.#answer(wish));
    if (wish?.kind === "deny-all")
      void this.#carryOut(null, () => this.#settings.listening.denyAll(false));
    return wish?.kind === "leave";
  }

  /** What goes wrong with an answer is a note: the other requests can still be answered. */
  async #carryOut(request: PushRequest | null, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FobError) || error.code === "interrupted") this.#failure = error;
      else {
        const what = request ? wordingOf(request) : "all";
        this.#state = withNote(this.#state, `${what}: ${error.message}`, this.#context.clock());
        if (request) this.#state = withSaid(this.#state, request, error.message);
      }
    }
    this.#state = withAnswersSent(this.#state);
    this.#screen.terminal.wake();
  }

  async #answer({
    request: { id, tokenId },
    answer,
  }: PushWish & { kind: "answer" }): Promise<void> {
    const { listening, tokens } = this.#settings;
    const asked = tokens.find(({ token }) => token.id === tokenId);
    const mayAsk =
      answer.kind === "approve" && (asked?.isGuarded || asked?.token.accessDomain === ACCESS.pin);
    const send = () => listening.answer(id, answer, this.#context.pinPrompt);
    await (mayAsk ? this.#screen.terminal.aside(send) : send());
  }

  #draw(): void {
    const { terminal, style } = this.#screen;
    const tokens = this.#settings.tokens.map(({ token }) => token.name);
    const view = { state: this.#state, tokens, now: this.#context.clock() };
    const { lines, sight } = viewPush(view, terminal.size, style);
    terminal.draw(lines);
    this.#state = withSight(this.#state, sight);
  }

  #untilNextSecond(): number {
    return 1000 - (this.#context.clock().getTime() % 1000);
  }
}
