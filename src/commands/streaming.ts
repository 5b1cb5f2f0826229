import type { Context } from "../cli/context.ts";
import { groupPasscode } from "../cli/passcode-groups.ts";
import type { Style } from "../cli/style.ts";
import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import { printable } from "../token/printable.ts";
import type { Token } from "../token/token.ts";
import { lookListed } from "./lookup.ts";
import { type NamedPasscode, namePasscode, passcodeJson } from "./named-passcode.ts";
import { RememberedPins } from "./remembered-pins.ts";
import type { Watched } from "./watching.ts";

/**
 * Emits a line for every passcode of now and every one that follows, until nobody reads any more. PINs are asked for once. Throws FobError
 * `usage` for a named token whose passcodes do not follow one another by themselves.
 */
export async function streamPasscodes(watched: Watched, context: Context): Promise<void> {
  const chosen = await chooseTimed(watched);
  const pins = new RememberedPins();
  const endings = new Map<string, number>();
  try {
    for (;;) {
      for (const token of chosen) {
        if (context.clock().getTime() < (endings.get(token.id) ?? 0)) continue;
        const prompt = pins.promptFor(token.id, context.pinPrompt);
        const passcode = await watched.tokens.passcode(token.id, async () => context.clock(), prompt);
        if (passcode.kind === "hotp") throw eventBased(token);
        endings.set(token.id, passcode.validUntil.getTime());
        if (!(await emit(namePasscode(token, passcode, context.clock()), chosen.length, context))) return;
      }
      await context.sleep(Math.max(0, Math.min(...endings.values()) - context.clock().getTime()));
    }
  } finally {
    pins.lockAll();
  }
}

async function chooseTimed({ tokens, choose, isNamed }: Watched): Promise<readonly Token[]> {
  const candidates = await choose();
  const timed: Token[] = [];
  for (const token of candidates) {
    const { kind } = token.credential;
    if (isNamed && kind !== "totp" && kind !== "motp") throw eventBased(token);
    if (isNamed || (await isFree(token))) timed.push(token);
  }
  if (timed.length > 0) return timed;
  throw new FobError("not-found", t("there is nothing to watch: no time-based token without a PIN"));

  async function isFree({ id, credential, accessDomain }: Token): Promise<boolean> {
    if (credential.kind !== "totp" || accessDomain !== "00") return false;
    return (await lookListed(tokens, id))?.isGuarded === false;
  }
}

function eventBased({ name }: Token): FobError {
  return new FobError("usage", t`the passcodes of ${name} do not change by themselves: there is nothing to watch`);
}

function emit(named: NamedPasscode, count: number, context: Context): Promise<boolean> {
  return context.emit({ text: (style) => formatLine(named, count, style), json: passcodeJson(named) });
}

function formatLine(
  { token: { name }, passcode: { code }, secondsLeft }: NamedPasscode,
  count: number,
  style: Style,
): string {
  if (style.isSpoken) return t`${printable(name)}: ${groupPasscode(code)}, ${plural(secondsLeft, "second")} left`;
  return count === 1 ? code : `${code}\t${printable(name)}`;
}
