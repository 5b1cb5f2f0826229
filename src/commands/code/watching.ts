import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context, Screen } from "#cli/context.ts";
import { bestMatches } from "#cli/prompt/fuzzy.ts";
import { askSecret } from "#cli/screen/secret-question.ts";
import {
  pressKey,
  UNTOUCHED,
  type WatchedToken,
  type WatchState,
  type Wish,
} from "#cli/screen/watch-state.ts";
import { pageSize, viewWatch, visibleTokens } from "#cli/screen/watch-view.ts";
import { labelToken } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { putOnClipboard } from "./copying.ts";
import { LiveCodes } from "./live-codes.ts";
import { streamPasscodes, type Watched } from "./streaming.ts";

/** How often the list of tokens is read again, in milliseconds. */
const LIST_MS = 3_000;

/** How long a remark stays, in milliseconds. */
const REMARK_MS = 6_000;

/**
 * Shows passcodes as time goes by, on a live screen or, where there is none, line by line; returns
 * when the person leaves. What failed first, and was told, comes back.
 */
export async function watchPasscodes(watched: Watched, context: Context): Promise<FobError | null> {
  const screen = await context.openScreen();
  if (!screen) return streamPasscodes(watched, context);
  const watch = new PasscodeWatch(watched, context, screen);
  try {
    await watch.run();
    return null;
  } finally {
    watch.end();
  }
}

/**
 * One person looking at passcodes until they leave: what they did, what they were told, and what
 * they unlocked.
 */
class PasscodeWatch {
  readonly #watched: Watched;
  readonly #context: Context;
  readonly #screen: Screen;
  readonly #codes: LiveCodes;
  #all: readonly Token[] = [];
  #listedAt = 0;
  #state: WatchState = UNTOUCHED;
  #remark = { text: "", until: 0 };

  constructor(watched: Watched, context: Context, screen: Screen) {
    this.#watched = watched;
    this.#context = context;
    this.#screen = screen;
    this.#codes = new LiveCodes(watched.tokens, () => context.clock());
  }

  async run(): Promise<void> {
    const { terminal } = this.#screen;
    for (;;) {
      await this.#renew();
      this.#draw();
      const key = await terminal.nextKey(this.#untilNextSecond());
      if (!key) continue;
      const found = this.#found();
      const page = pageSize(terminal.size);
      const { state, wish } = pressKey(this.#state, key, { found: found.length, page });
      this.#state = state;
      if (wish === "leave") return;
      const token = this.#all.find(({ id }) => id === found[state.selected]?.id);
      if (wish && token) await this.#grant(wish, token);
    }
  }

  end(): void {
    this.#codes.forget();
    this.#screen.terminal.close();
  }

  async #renew(): Promise<void> {
    const now = this.#context.clock().getTime();
    if (Math.abs(now - this.#listedAt) >= LIST_MS) {
      this.#all = await this.#watched.choose();
      this.#listedAt = now;
    }
    const { state, found } = { state: this.#state, found: this.#found() };
    const visible = new Set(
      visibleTokens({ state, found }, this.#screen.terminal.size).map(({ id }) => id),
    );
    await this.#codes.renew(this.#all.filter(({ id }) => visible.has(id)));
  }

  #draw(question = ""): void {
    const { terminal, style } = this.#screen;
    const now = this.#context.clock();
    const remark = now.getTime() < this.#remark.until ? this.#remark.text : "";
    const view = {
      state: this.#state,
      found: this.#found(),
      total: this.#all.length,
      now,
      message: question || remark,
    };
    terminal.draw(viewWatch(view, terminal.size, style));
  }

  #found(): WatchedToken[] {
    const found = bestMatches(this.#state.search, this.#all, labelToken).map((token) =>
      this.#view(token),
    );
    const selected = Math.max(0, Math.min(this.#state.selected, found.length - 1));
    this.#state = { ...this.#state, selected };
    return found;
  }

  #view(token: Token): WatchedToken {
    return { id: token.id, label: printable(labelToken(token)), code: this.#codes.codeOf(token) };
  }

  /**
   * Does what a key asked for. What goes wrong with it is a remark: the others can still be
   * watched.
   */
  async #grant(wish: Wish, token: Token): Promise<void> {
    const known = this.#codes.codeOf(token);
    const isShown = "code" in known;
    if (wish === "show" && isShown && token.credential.kind !== "hotp")
      return this.#codes.hide(token);
    try {
      const code = wish === "copy" && isShown ? known.code : await this.#reveal(token);
      if (wish === "copy")
        this.#say(await putOnClipboard(code, this.#watched.clearAfter, this.#context));
    } catch (error) {
      if (!(error instanceof FobError) || error.code === "interrupted") throw error;
      this.#say(printable(error.message));
    }
  }

  #reveal(token: Token): Promise<string> {
    const { terminal } = this.#screen;
    const needsVault = token.accessDomain === "02" && token.pin !== "user";
    // an agent is not enough then, and the vault's own questions are not put here
    if (needsVault) return terminal.aside(() => this.#codes.reveal(token, this.#context.pinPrompt));
    return this.#codes.reveal(token, this.#prompt());
  }

  #prompt(): PinPrompt {
    const { terminal } = this.#screen;
    const { prompt, pinPromptOn } = this.#context;
    return pinPromptOn({
      secret: (question) =>
        askSecret(terminal, () => {
          this.#draw(t`${printable(question)}: (typed unseen; Esc to leave it)`);
          return this.#untilNextSecond();
        }),
      wait: (question, work) => terminal.aside(() => prompt.wait(question, work)),
    });
  }

  #say(text: string): void {
    this.#remark = { text, until: this.#context.clock().getTime() + REMARK_MS };
  }

  #untilNextSecond(): number {
    return 1000 - (this.#context.clock().getTime() % 1000);
  }
}
