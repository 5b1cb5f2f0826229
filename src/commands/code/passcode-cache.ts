import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { WatchedCode } from "#cli/screen/watch-state.ts";
import { ENDING_SECONDS } from "#cli/screen/watch-view.ts";
import { lookListed } from "#commands/lookup.ts";
import { ACCESS } from "#token/access-domain.ts";
import type { Token } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";
import { isCounting } from "#vault/tokens/token-index.ts";
import { type Obstacle, obstacleOf } from "./free-tokens.ts";
import { noQuestions, PinCache } from "./pin-cache.ts";

/** How long after a failure a token is tried again, in milliseconds. */
const RETRY_MS = 5_000;

/** What the cache holds of a token. */
interface CachedCode {
  readonly code: WatchedCode;
  readonly passcode: Passcode | null;
  /** The one that follows, once it has been made. */
  readonly next: Passcode | null;
  /** When it is renewed; null for what stays until the person presses a key. */
  readonly staleAt: Date | null;
}

/**
 * The passcodes on the screen of `--watch`: each is made when it is first visible, and kept until
 * it ends. Holds the PINs of unlocked tokens, too. The screen records which ones were used.
 */
export class PasscodeCache {
  readonly #tokens: Authenticator;
  readonly #clock: () => Date;
  readonly #unasked: PinPrompt;
  readonly #pins = new PinCache();
  /** By token id. */
  readonly #known = new Map<string, CachedCode>();

  constructor(tokens: Authenticator, { clock, pinPrompt }: Pick<Context, "clock" | "pinPrompt">) {
    this.#tokens = tokens;
    this.#clock = clock;
    this.#unasked = noQuestions(pinPrompt);
  }

  /** What the screen shows for a token. */
  codeOf(token: Token): WatchedCode {
    const known = this.#known.get(token.id)?.code;
    if (known) return known;
    if (token.credential.kind === "ocra") return { kind: "none", why: t("answers challenges") };
    const obstacle = token.pin === "user" ? "PIN" : this.#obstacleOf(token);
    const isOther = obstacle === "counter" || obstacle === "list" || obstacle === "question";
    return { kind: "masked", by: isOther ? obstacle : "PIN" };
  }

  /** Makes the next passcodes of these tokens, except those that need a PIN or use a counter. */
  async renew(tokens: readonly Token[]): Promise<void> {
    for (const token of tokens) if (this.#isStale(token)) await this.#renew(token);
  }

  /**
   * Makes a token's passcode: asks for its PIN, or uses its next counter. Throws what
   * {@link Authenticator.passcode} throws.
   */
  async reveal(token: Token, prompt: PinPrompt): Promise<string> {
    const { id } = token;
    try {
      const passcode = await this.#make(token, this.#clock, prompt);
      this.#known.set(id, cached(passcode, null));
      return passcode.code;
    } catch (error) {
      this.hide(token);
      throw error;
    }
  }

  /** Locks a token, and hides its passcode. */
  hide({ id }: Token): void {
    this.#pins.lock(id);
    this.#known.delete(id);
  }

  /** Erases all PINs and passcodes. */
  forget(): void {
    this.#pins.lockAll();
    this.#known.clear();
  }

  #isStale({ id, credential }: Token): boolean {
    const known = this.#known.get(id);
    if (!known) return credential.kind !== "ocra" && !isCounting({ credential });
    if (known.staleAt === null) return false;
    const now = this.#clock();
    const isBefore = known.code.kind === "timed" && now < known.code.validFrom;
    return now >= known.staleAt || isBefore;
  }

  async #renew(token: Token): Promise<void> {
    try {
      const known = (await this.#needsNoQuestion(token)) ? await this.#timed(token) : null;
      if (known) this.#known.set(token.id, known);
      else this.#known.delete(token.id);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      this.#pins.lock(token.id);
      const staleAt = new Date(this.#clock().getTime() + RETRY_MS);
      const code = { kind: "none", why: error.message } as const;
      this.#known.set(token.id, { code, passcode: null, next: null, staleAt });
    }
  }

  async #needsNoQuestion(token: Token): Promise<boolean> {
    if (this.#pins.has(token.id)) return true;
    if (token.accessDomain === ACCESS.none) throw new FobError("denied", t("nobody has access"));
    if (this.#obstacleOf(token) !== null) return false;
    const state = await lookListed(this.#tokens, token.id);
    return state !== null && this.#obstacleOf(state.token, state.isGuarded) === null;
  }

  #obstacleOf(token: Token, isGuarded = false): Obstacle | null {
    const using = { tokens: this.#tokens, prompt: this.#unasked };
    return obstacleOf(token, using, isGuarded);
  }

  /**
   * The passcode of now, and the next one when that is about to end. One that was made before is
   * taken again: deriving a key from a PIN is slow.
   */
  async #timed(token: Token): Promise<CachedCode> {
    const now = this.#clock();
    const known = this.#known.get(token.id);
    const made = [known?.passcode, known?.next].find(
      (passcode) => passcode && isGoodAt(passcode, now),
    );
    const passcode = made ?? (await this.#make(token, () => now, this.#unasked));
    if ("counter" in passcode) return cached(passcode, null);
    const endsSoon = passcode.validUntil.getTime() - now.getTime() <= ENDING_SECONDS * 1000;
    return cached(
      passcode,
      endsSoon ? await this.#make(token, () => passcode.validUntil, this.#unasked) : null,
    );
  }

  /** `time` is called after the PINs were typed. */
  #make({ id }: Token, time: () => Date, prompt: PinPrompt): Promise<Passcode> {
    const pins = this.#pins.promptFor(id, prompt);
    return this.#tokens.passcode(id, async () => time(), pins, "listed");
  }
}

function isGoodAt(passcode: Passcode, time: Date): boolean {
  return !("counter" in passcode) && passcode.validFrom <= time && time < passcode.validUntil;
}

function cached(passcode: Passcode, next: Passcode | null): CachedCode {
  if ("counter" in passcode) {
    const { code, counter } = passcode;
    return { code: { kind: "counted", code, counter }, passcode, next, staleAt: null };
  }
  const { code, validFrom, validUntil } = passcode;
  // then the next one is shown beside this one
  const ending = new Date(validUntil.getTime() - ENDING_SECONDS * 1000);
  const shown = { kind: "timed", code, validFrom, validUntil, next: next?.code ?? null } as const;
  return { code: shown, passcode, next, staleAt: next === null ? ending : validUntil };
}
