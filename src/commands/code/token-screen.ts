import type { Context } from "#cli/context.ts";
import { bestMatches } from "#cli/prompt/fuzzy.ts";
import { labelToken } from "#cli/prompt/picker.ts";
import type { Screen } from "#cli/screen/screen.ts";
import {
  pressKey,
  UNTOUCHED,
  type WatchedCode,
  type WatchedToken,
  type WatchState,
  type Wish,
} from "#cli/screen/watch-state.ts";
import { pageSize, type Use, viewWatch, visibleTokens } from "#cli/screen/watch-view.ts";
import { kindInWords } from "#commands/tokens/token-view.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { LastUses, lastUses, touch } from "#vault/tokens/last-uses.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { PasscodeCache } from "./passcode-cache.ts";

/** How often the list of tokens is read again, in milliseconds. */
const LIST_MS = 3_000;

/** How long a remark stays, in milliseconds. */
const REMARK_MS = 6_000;

/** Which tokens are on a screen, and what for. */
export interface ShownTokens {
  readonly tokens: Authenticator;
  /** The tokens at this moment: other processes add and remove some. */
  choose(): Promise<readonly IndexEntry[]>;
  readonly use: Use;
  /** Whether passcodes are shown, too. */
  readonly hasCodes: boolean;
}

/**
 * A list of tokens with their passcodes on a screen: what the person typed and selected, and the
 * last remark.
 */
export class TokenScreen {
  readonly codes: PasscodeCache;
  readonly #shown: ShownTokens;
  readonly #clock: () => Date;
  readonly #screen: Screen;
  #all: readonly IndexEntry[] = [];
  #uses = new LastUses();
  #listedAt = Number.NEGATIVE_INFINITY;
  #state: WatchState = UNTOUCHED;
  #remark = { text: "", until: 0 };

  constructor(shown: ShownTokens, context: Pick<Context, "clock" | "pinPrompt">, screen: Screen) {
    this.#shown = shown;
    this.#clock = context.clock;
    this.#screen = screen;
    this.codes = new PasscodeCache(shown.tokens, context);
  }

  /**
   * Shows the list until a key requests an action, and returns it with the selected token. Throws
   * FobError `interrupted` after Ctrl-C.
   */
  async nextWish(): Promise<
    | { readonly wish: "leave" }
    | { readonly wish: Exclude<Wish, "leave">; readonly token: IndexEntry }
  > {
    const { terminal } = this.#screen;
    for (;;) {
      await this.#renew();
      this.draw();
      const key = await terminal.nextKey(this.untilNextSecond());
      if (!key) continue;
      const found = this.#found();
      const page = pageSize(terminal.size);
      const { state, wish } = pressKey(this.#state, key, { found: found.length, page });
      this.#state = state;
      if (wish === "leave") return { wish };
      const token = this.#all.find(({ id }) => id === found[state.selected]?.id);
      if (wish && token) return { wish, token };
    }
  }

  /** Draws the list, with a question in place of the last remark. */
  draw(question = ""): void {
    const { terminal, style } = this.#screen;
    const now = this.#clock();
    const remark = now.getTime() < this.#remark.until ? this.#remark.text : "";
    const view = {
      state: this.#state,
      found: this.#found(),
      total: this.#all.length,
      now,
      message: question || remark,
      use: this.#shown.use,
    };
    terminal.draw(viewWatch(view, terminal.size, style));
  }

  /** Records that a token was used whose passcode was listed before. */
  noteUse({ id }: Pick<Token, "id">): void {
    touch(this.#shown.tokens, [id], this.#clock());
    this.#uses = lastUses(this.#shown.tokens);
  }

  /** Shows a remark for a while. */
  say(text: string): void {
    this.#remark = { text, until: this.#clock().getTime() + REMARK_MS };
  }

  /** In milliseconds. */
  untilNextSecond(): number {
    return 1000 - (this.#clock().getTime() % 1000);
  }

  async #renew(): Promise<void> {
    const now = this.#clock().getTime();
    if (Math.abs(now - this.#listedAt) >= LIST_MS) {
      this.#all = await this.#shown.choose();
      this.#uses = lastUses(this.#shown.tokens);
      this.#listedAt = now;
    }
    const { state, found } = { state: this.#state, found: this.#found() };
    const visible = new Set(
      visibleTokens({ state, found }, this.#screen.terminal.size).map(({ id }) => id),
    );
    if (this.#shown.hasCodes) await this.codes.renew(this.#all.filter(({ id }) => visible.has(id)));
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
    const code: WatchedCode = this.#shown.hasCodes
      ? this.codes.codeOf(token)
      : { kind: "unwanted", about: kindInWords(token.credential.kind) };
    const { id } = token;
    return { id, label: printable(labelToken(token)), code, lastUsedAt: this.#uses.of(id) };
  }
}
