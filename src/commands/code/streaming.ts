import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { failureOf, refuseNothingDone } from "#cli/attempts.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { groupPasscode } from "#cli/screen/passcode-groups.ts";
import { lookAtEach } from "#commands/listed-tokens.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { isFree } from "./free-tokens.ts";
import { type NamedPasscode, namePasscode, passcodeJson } from "./named-passcode.ts";
import { RememberedPins } from "./remembered-pins.ts";

/**
 * What is watched: tokens that are looked up anew now and then, because others may add or remove
 * some.
 */
export interface Watched {
  readonly tokens: Authenticator;
  choose(): Promise<readonly Token[]>;
  /** Whether they were asked for by name. */
  readonly isNamed: boolean;
  /** How long a passcode stays on the clipboard, in seconds. */
  readonly clearAfter: number;
}

/**
 * Emits a line for every passcode of now and every one that follows, until nobody reads any more.
 * PINs are asked for once. A token that fails is named and left out from then on; returns why the
 * first one was. Throws what stops an only one, and FobError `usage` for a named token whose
 * passcodes do not follow one another by themselves.
 */
export async function streamPasscodes(
  watched: Watched,
  context: Context,
): Promise<FobError | null> {
  const stream = new PasscodeStream(watched.tokens, await chooseTimed(watched, context), context);
  try {
    await stream.run();
    return stream.firstFailure;
  } finally {
    stream.end();
  }
}

/** Passcodes of tokens, line by line: when each ends, and the PINs that were given. */
class PasscodeStream {
  readonly #tokens: Authenticator;
  readonly #context: Context;
  readonly #pins = new RememberedPins();
  readonly #endings = new Map<string, number>();
  /** How many were asked for: lines keep their form when one fails. */
  readonly #count: number;
  #chosen: readonly Token[];
  firstFailure: FobError | null = null;

  constructor(tokens: Authenticator, { chosen, failures }: TimedTokens, context: Context) {
    this.#tokens = tokens;
    this.#chosen = chosen;
    this.#count = chosen.length + failures.length;
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
        if (clock().getTime() < (this.#endings.get(token.id) ?? 0)) continue;
        const named = await this.#make(token);
        if (named && !(await emit(named, this.#count, this.#context))) return;
      }
      const endings = this.#chosen.map(({ id }) => this.#endings.get(id) ?? 0);
      await sleep(Math.max(0, Math.min(...endings) - clock().getTime()));
    }
  }

  end(): void {
    this.#pins.lockAll();
  }

  /** The passcode of now; null for a token that failed, unless it is the only one. */
  async #make(token: Token): Promise<NamedPasscode | null> {
    const { clock, pinPrompt } = this.#context;
    try {
      const prompt = this.#pins.promptFor(token.id, pinPrompt);
      const passcode = await this.#tokens.passcode(token.id, async () => clock(), prompt);
      if (passcode.kind === "hotp") throw eventBased(token);
      this.#endings.set(token.id, passcode.validUntil.getTime());
      return namePasscode(token, passcode, clock());
    } catch (error) {
      if (this.#count === 1) throw error;
      this.#fail(failureOf(token, error));
      this.#chosen = this.#chosen.filter(({ id }) => id !== token.id);
      return null;
    }
  }
}

async function chooseTimed(
  { tokens, choose, isNamed }: Watched,
  context: Context,
): Promise<TimedTokens> {
  const candidates = await choose();
  const wrong = candidates.find(({ credential: { kind } }) => kind !== "totp" && kind !== "motp");
  if (isNamed && wrong) throw eventBased(wrong);
  if (isNamed) return { chosen: candidates, failures: [] };
  const { done, failures } = await lookAtEach(tokens, candidates.filter(isFree), context);
  const chosen = done.flatMap(({ token, isGuarded }) => (isGuarded ? [] : [token]));
  if (chosen.length > 0) return { chosen, failures };
  refuseNothingDone({ done: chosen, failures }, context);
  throw new FobError(
    "not-found",
    t("there is nothing to watch: no time-based token without a PIN"),
  );
}

/** The tokens whose passcodes follow one another without a question, or as they were asked for. */
interface TimedTokens {
  readonly chosen: readonly Token[];
  readonly failures: readonly FobError[];
}

function eventBased({ name }: Token): FobError {
  return new FobError(
    "usage",
    t`the passcodes of ${name} do not change by themselves: there is nothing to watch`,
  );
}

function emit(named: NamedPasscode, count: number, context: Context): Promise<boolean> {
  return context.emit({
    text: (style) => formatLine(named, count, style),
    json: passcodeJson(named),
  });
}

function formatLine(
  { token: { name }, passcode: { code }, secondsLeft }: NamedPasscode,
  count: number,
  style: Style,
): string {
  if (style.isSpoken)
    return t`${printable(name)}: ${groupPasscode(code)}, ${plural(secondsLeft, "second")} left`;
  return count === 1 ? code : `${code}\t${printable(name)}`;
}
