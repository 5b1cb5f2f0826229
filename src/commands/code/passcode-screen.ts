import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context, Screen } from "#cli/context.ts";
import { bestMatches } from "#cli/prompt/fuzzy.ts";
import { labelToken } from "#cli/prompt/picker.ts";
import { askSecret } from "#cli/screen/secret-question.ts";
import {
  pressKey,
  UNTOUCHED,
  type WatchedToken,
  type WatchState,
  type Wish,
} from "#cli/screen/watch-state.ts";
import { pageSize, viewWatch, visibleTokens } from "#cli/screen/watch-view.ts";
import { ACCESS } from "#token/access-domain.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { copyPasscode } from "./copy-passcode.ts";
import { PasscodeCache } from "./passcode-cache.ts";
import { type LinesContext, printPasscodeLines, type WatchedTokens } from "./passcode-lines.ts";

/** How often the list of tokens is read again, in milliseconds. */
const LIST_MS = 3_000;

/** How long a remark stays, in milliseconds. */
const REMARK_MS = 6_000;

/** What the screen of `--watch` needs. */
type ScreenContext = Pick<Context, "clipboard" | "clock" | "pinPrompt" | "pinPromptOn" | "prompt">;

/** What `--watch` needs, on a screen or line by line. */
export type WatchContext = ScreenContext & LinesContext & Pick<Context, "openScreen">;

/**
 * Shows passcodes and renews them, on a screen or, without one, line by line. Returns when the user
 * quits, with the first failure.
 */
export async function watchPasscodes(
  watched: WatchedTokens,
  context: WatchContext,
): Promise<FobError | null> {
  const screen = await context.openScreen();
  if (!screen) return printPasscodeLines(watched, context);
  const passcodes = new PasscodeScreen(watched, context, screen);
  try {
    await passcodes.run();
    return null;
  } finally {
    passcodes.end();
  }
}

/** The screen of `--watch`: its tokens, what the person typed and selected, and the last remark. */
class PasscodeScreen {
  readonly #watched: WatchedTokens;
  readonly #context: ScreenContext;
  readonly #screen: Screen;
  readonly #codes: PasscodeCache;
  #all: readonly IndexEntry[] = [];
  #listedAt = 0;
  #state: WatchState = UNTOUCHED;
  #remark = { text: "", until: 0 };

  constructor(watched: WatchedTokens, context: ScreenContext, screen: Screen) {
    this.#watched = watched;
    this.#context = context;
    this.#screen = screen;
    this.#codes = new PasscodeCache(watched.tokens, () => context.clock());
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
      if (wish && token) await this.#perform(wish, token);
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

  /** Carries out a key's action. A failure is shown as a remark, and the screen continues. */
  async #perform(wish: Wish, token: Token): Promise<void> {
    const known = this.#codes.codeOf(token);
    const isShown = "code" in known;
    if (wish === "show" && isShown && token.credential.kind !== "hotp")
      return this.#codes.hide(token);
    try {
      const code = wish === "copy" && isShown ? known.code : await this.#reveal(token);
      if (wish === "copy")
        this.#say(await copyPasscode(code, this.#watched.clearAfter, this.#context));
    } catch (error) {
      if (!(error instanceof FobError) || error.code === "interrupted") throw error;
      this.#say(printable(error.message));
    }
  }

  #reveal(token: Token): Promise<string> {
    const { terminal } = this.#screen;
    const needsVault = token.accessDomain === ACCESS.pin && token.pin !== "user";
    // the vault is opened then, and its questions need the terminal without this screen
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
