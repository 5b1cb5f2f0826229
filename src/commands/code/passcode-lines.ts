import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { failureOf, refuseNothingDone } from "#cli/attempts.ts";
import type { Context } from "#cli/context.ts";
import type { Token } from "#token/token.ts";
import { askingBefore } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { chooseFree, type FreeTokens } from "./free-tokens.ts";
import { stepsOf } from "./passcode-time.ts";
import { formatWatchedLine, passcodeJson, type TokenPasscode } from "./passcode-view.ts";
import { PinCache } from "./pin-cache.ts";

/** Which passcodes are watched. */
export interface WatchedTokens {
  readonly tokens: Authenticator;
  /** The tokens at this moment: other processes add and remove some. */
  choose(): Promise<readonly IndexEntry[]>;
  /** Whether they were asked for by name. */
  readonly isNamed: boolean;
  /** How long a copied passcode stays on the clipboard, in seconds. */
  readonly clearAfter: number;
}

/** What printing passcodes line by line needs. */
export type LinesContext = Pick<
  Context,
  "clock" | "complain" | "emit" | "look" | "pinPrompt" | "progress" | "sleep"
>;

/**
 * Prints a line for every current and later passcode, until standard output is closed. PINs are
 * asked for once. A token that fails is reported and skipped from then on; returns the first
 * failure. Throws the failure of an only token, and FobError `usage` for a named token whose
 * passcodes do not change with time.
 */
export async function printPasscodeLines(
  watched: WatchedTokens,
  context: LinesContext,
): Promise<FobError | null> {
  const lines = new PasscodeLines(watched.tokens, await chooseTimed(watched, context), context);
  try {
    await lines.run();
    return lines.firstFailure;
  } finally {
    lines.end();
  }
}

/**
 * The tokens whose passcodes are printed, when each passcode ends, and the PINs that were given.
 */
class PasscodeLines {
  readonly #tokens: Authenticator;
  readonly #context: LinesContext;
  readonly #pins = new PinCache();
  /** In milliseconds since 1970, by token id. */
  readonly #endings = new Map<string, number>();
  /** Of one token alone; lines of several keep their form when all others have failed. */
  readonly #isOnlyOne: boolean;
  #chosen: readonly Token[];
  firstFailure: FobError | null = null;

  constructor(tokens: Authenticator, { chosen, failures }: FreeTokens, context: LinesContext) {
    this.#tokens = tokens;
    this.#chosen = chosen;
    this.#isOnlyOne = chosen.length + failures.length === 1;
    this.#context = context;
    for (const failure of failures) this.#fail(failure);
  }

  #fail(failure: FobError): void {
    this.firstFailure ??= failure;
    this.#context.complain(failure);
  }

  async run(): Promise<void> {
    const { clock, sleep } = this.#context;
    while (this.#chosen.length > 0) {
      for (const token of this.#chosen) {
        if (clock().getTime() < this.#endingOf(token)) continue;
        const made = await this.#make(token);
        if (made && !(await this.#emit(made))) return;
      }
      const endings = this.#chosen.map((token) => this.#endingOf(token));
      await sleep(Math.max(0, Math.min(...endings) - clock().getTime()));
    }
  }

  /** Before all times where there is no passcode yet: a clock may be before 1970. */
  #endingOf({ id }: Token): number {
    return this.#endings.get(id) ?? Number.NEGATIVE_INFINITY;
  }

  end(): void {
    this.#pins.lockAll();
  }

  /** The passcode of now; null for a token that failed, unless it is the only one. */
  async #make(token: Token): Promise<TokenPasscode | null> {
    const { clock, pinPrompt } = this.#context;
    try {
      const asking = this.#isOnlyOne ? askingBefore(0, pinPrompt) : pinPrompt;
      const prompt = this.#pins.promptFor(token.id, asking);
      const passcode = await this.#tokens.passcode(token.id, async () => clock(), prompt);
      if ("counter" in passcode) throw notTimed(token);
      this.#endings.set(token.id, passcode.validUntil.getTime());
      return { token, passcode, madeAt: clock() };
    } catch (error) {
      if (this.#isOnlyOne) throw error;
      this.#fail(failureOf(token, error));
      this.#chosen = this.#chosen.filter(({ id }) => id !== token.id);
      return null;
    }
  }

  /** Resolves with false when standard output was closed. */
  #emit(made: TokenPasscode): Promise<boolean> {
    return this.#context.emit({
      text: (style) => formatWatchedLine(made, this.#isOnlyOne, style),
      json: passcodeJson(made),
    });
  }
}

/** The tokens that were named, or all that are free. */
async function chooseTimed(
  { tokens, choose, isNamed }: WatchedTokens,
  context: LinesContext,
): Promise<FreeTokens> {
  const candidates = await choose();
  if (isNamed) {
    const wrong = candidates.find(({ credential }) => stepsOf(credential) === null);
    if (wrong) throw notTimed(wrong);
    return { chosen: candidates, failures: [] };
  }
  const free = await chooseFree(tokens, candidates, context);
  if (free.chosen.length > 0) return free;
  refuseNothingDone({ done: free.chosen, failures: free.failures }, context);
  throw new FobError(
    "not-found",
    t("there is nothing to watch: no time-based token without a PIN"),
  );
}

function notTimed({ name }: Pick<Token, "name">): FobError {
  return new FobError(
    "usage",
    t`the passcodes of ${name} do not change by themselves: there is nothing to watch`,
  );
}
