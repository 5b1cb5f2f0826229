import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { WatchedCode } from "#cli/screen/watch-state.ts";
import { ENDING_SECONDS } from "#cli/screen/watch-view.ts";
import { lookListed } from "#commands/lookup.ts";
import type { Token } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";
import { NOBODY, RememberedPins } from "./remembered-pins.ts";

/** How long a token that failed is left in peace, in milliseconds. */
const RETRY_MS = 5_000;

interface Known {
  readonly code: WatchedCode;
  readonly passcode: Passcode | null;
  /** The one that follows, once it has been made. */
  readonly next: Passcode | null;
  /**
   * From then on it is to be asked for again; null for what stays as it is until a person wants
   * something else.
   */
  readonly staleAt: Date | null;
}

/**
 * The passcodes of tokens as time goes by: made when they are looked at, and kept until they end.
 * Holds the PINs of unlocked tokens.
 */
export class LiveCodes {
  readonly #tokens: Authenticator;
  readonly #clock: () => Date;
  readonly #pins = new RememberedPins();
  readonly #known = new Map<string, Known>();

  constructor(tokens: Authenticator, clock: () => Date) {
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** What is known of a token's passcode. */
  codeOf({ id, credential, pin }: Token): WatchedCode {
    const known = this.#known.get(id)?.code;
    if (known) return known;
    if (credential.kind === "ocra") return { kind: "none", why: t("answers challenges") };
    return { kind: "masked", by: credential.kind === "hotp" && pin !== "user" ? "counter" : "PIN" };
  }

  /**
   * Makes the passcodes of these tokens that have ended, where that takes no question and no
   * counter.
   */
  async renew(tokens: readonly Token[]): Promise<void> {
    for (const token of tokens) if (this.#isStale(token)) await this.#renew(token);
  }

  /**
   * Makes a token's passcode, whatever it takes: a PIN, the next counter. Throws what
   * {@link Authenticator.passcode} throws.
   */
  async reveal(token: Token, prompt: PinPrompt): Promise<string> {
    const { id } = token;
    try {
      const passcode = await this.#make(token, this.#clock, prompt);
      this.#known.set(id, watched(passcode, null));
      return passcode.code;
    } catch (error) {
      this.hide(token);
      throw error;
    }
  }

  /** Locks a token that a person has unlocked, and shows its passcode no more. */
  hide({ id }: Token): void {
    this.#pins.lock(id);
    this.#known.delete(id);
  }

  /** Forgets every PIN. */
  forget(): void {
    this.#pins.lockAll();
    this.#known.clear();
  }

  #isStale({ id, credential }: Token): boolean {
    const known = this.#known.get(id);
    if (!known) return credential.kind !== "ocra" && credential.kind !== "hotp";
    if (known.staleAt === null) return false;
    const now = this.#clock();
    const isBefore = known.code.kind === "timed" && now < known.code.validFrom;
    return now >= known.staleAt || isBefore;
  }

  async #renew(token: Token): Promise<void> {
    try {
      const known = (await this.#isFree(token)) ? await this.#timed(token) : null;
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

  /** Whether a passcode of now takes no question. */
  async #isFree({ id, credential, accessDomain }: Token): Promise<boolean> {
    if (this.#pins.has(id)) return true;
    if (accessDomain === "FF") throw new FobError("denied", t("nobody has access"));
    if (credential.kind !== "totp" || accessDomain !== "00") return false;
    const state = await lookListed(this.#tokens, id);
    return state !== null && !state.isGuarded;
  }

  /**
   * The passcode of now, with the next one when it is about to end. What was made already is not
   * made again: a PIN takes its time.
   */
  async #timed(token: Token): Promise<Known> {
    const now = this.#clock();
    const known = this.#known.get(token.id);
    const made = [known?.passcode, known?.next].find(
      (passcode) => passcode && isGoodAt(passcode, now),
    );
    const passcode = made ?? (await this.#make(token, () => now, NOBODY));
    if (passcode.kind === "hotp") return watched(passcode, null);
    const endsSoon = passcode.validUntil.getTime() - now.getTime() <= ENDING_SECONDS * 1000;
    return watched(
      passcode,
      endsSoon ? await this.#make(token, () => passcode.validUntil, NOBODY) : null,
    );
  }

  /** `time` is asked for when the PINs were given, which takes as long as people take. */
  #make({ id }: Token, time: () => Date, prompt: PinPrompt): Promise<Passcode> {
    return this.#tokens.passcode(id, async () => time(), this.#pins.promptFor(id, prompt));
  }
}

function isGoodAt(passcode: Passcode, time: Date): boolean {
  return passcode.kind !== "hotp" && passcode.validFrom <= time && time < passcode.validUntil;
}

function watched(passcode: Passcode, next: Passcode | null): Known {
  if (passcode.kind === "hotp") {
    const { code, counter } = passcode;
    return { code: { kind: "counted", code, counter }, passcode, next, staleAt: null };
  }
  const { code, validFrom, validUntil } = passcode;
  // the next one is asked for when this one is about to end
  const ending = new Date(validUntil.getTime() - ENDING_SECONDS * 1000);
  const shown = { kind: "timed", code, validFrom, validUntil, next: next?.code ?? null } as const;
  return { code: shown, passcode, next, staleAt: next === null ? ending : validUntil };
}
