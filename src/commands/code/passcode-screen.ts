import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Screen } from "#cli/screen/screen.ts";
import { askSecret } from "#cli/screen/secret-question.ts";
import type { Wish } from "#cli/screen/watch-state.ts";
import { askYesNo } from "#cli/screen/yes-no-question.ts";
import { ACCESS } from "#token/access-domain.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { isCounting } from "#vault/tokens/token-index.ts";
import { copyPasscode } from "./copy-passcode.ts";
import { type LinesContext, printPasscodeLines, type WatchedTokens } from "./passcode-lines.ts";
import { TokenScreen } from "./token-screen.ts";

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

/** The screen of `--watch`, and what its keys do with passcodes. */
class PasscodeScreen {
  readonly #watched: WatchedTokens;
  readonly #context: ScreenContext;
  readonly #screen: Screen;
  readonly #list: TokenScreen;

  constructor(watched: WatchedTokens, context: ScreenContext, screen: Screen) {
    this.#watched = watched;
    this.#context = context;
    this.#screen = screen;
    this.#list = new TokenScreen(
      {
        tokens: watched.tokens,
        choose: () => watched.choose(),
        use: { kind: "watch" },
        hasCodes: true,
      },
      context,
      screen,
    );
  }

  async run(): Promise<void> {
    for (;;) {
      const wished = await this.#list.nextWish();
      if (wished.wish === "leave") return;
      await this.#perform(wished.wish, wished.token);
    }
  }

  end(): void {
    this.#list.codes.forget();
    this.#screen.terminal.close();
  }

  /** Carries out a key's action. A failure is shown as a remark, and the screen continues. */
  async #perform(wish: Exclude<Wish, "leave">, token: Token): Promise<void> {
    const { codes } = this.#list;
    const known = codes.codeOf(token);
    const isShown = "code" in known;
    if (wish === "show" && isShown && !isCounting(token)) return codes.hide(token);
    try {
      const code = wish === "choose" && isShown ? known.code : await this.#reveal(token);
      this.#list.noteUse(token);
      if (wish === "choose")
        this.#list.say(await copyPasscode(code, this.#watched.clearAfter, this.#context));
    } catch (error) {
      if (!(error instanceof FobError) || error.code === "interrupted") throw error;
      this.#list.say(printable(error.message));
    }
  }

  #reveal(token: Token): Promise<string> {
    const { terminal } = this.#screen;
    const { codes } = this.#list;
    const needsVault = token.accessDomain === ACCESS.pin && token.pin !== "user";
    // the vault is opened then, and its questions need the terminal without this screen
    if (needsVault) return terminal.aside(() => codes.reveal(token, this.#context.pinPrompt));
    return codes.reveal(token, this.#prompt());
  }

  #prompt(): PinPrompt {
    const { terminal } = this.#screen;
    const { prompt, pinPromptOn } = this.#context;
    return pinPromptOn({
      confirm: (question, _, end) => askYesNo(this.#screen, question, end),
      secret: (question) =>
        askSecret(terminal, () => {
          this.#list.draw(t`${printable(question)}: (typed unseen; Esc to leave it)`);
          return this.#list.untilNextSecond();
        }),
      wait: (question, work) => terminal.aside(() => prompt.wait(question, work)),
    });
  }
}
