import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { groupPasscode } from "#cli/screen/passcode-groups.ts";
import { noQuestions } from "#commands/code/pin-cache.ts";
import type { TokenView } from "#commands/tokens/token-view.ts";

/** With fewer seconds left than this, the next passcode is shown, too. */
const FEW_SECONDS = 10;

/** What showing the passcode of a new token needs. */
export type FirstContext = Pick<
  Context,
  "clock" | "findTokens" | "isJson" | "isTerminal" | "pinPrompt" | "prompt"
>;

/** The passcode of a new token, and how long it is good. */
export interface FirstPasscode {
  readonly code: string;
  readonly secondsLeft: number;
  /** The one that follows, where this one is about to end. */
  readonly next: string | null;
}

/**
 * The passcode that the service asks for next: of one new token, for a person at a terminal. Null
 * for a token that needs a PIN, and for an event-based one, whose passcodes are used up.
 */
export async function firstPasscode(
  views: readonly Pick<TokenView, "id" | "kind">[],
  context: FirstContext,
): Promise<FirstPasscode | null> {
  const { clock, findTokens, isJson, isTerminal, prompt } = context;
  const [only, ...others] = views;
  if (!only || others.length > 0 || ["hotp", "list"].includes(only.kind)) return null;
  if (isJson || !isTerminal || !prompt.available) return null;
  try {
    const tokens = await findTokens("code");
    if (!tokens) return null;
    const asking = noQuestions(context.pinPrompt);
    const make = (time: Date) => tokens.passcode(only.id, async () => time, asking);
    const now = clock();
    const passcode = await make(now);
    if ("counter" in passcode) return null;
    const { code, validUntil } = passcode;
    const secondsLeft = Math.max(0, Math.ceil((validUntil.getTime() - now.getTime()) / 1000));
    const next = secondsLeft < FEW_SECONDS ? await make(validUntil) : null;
    return { code, secondsLeft, next: next?.code ?? null };
  } catch (error) {
    // a token that needs a PIN, or has no passcodes, is enrolled all the same
    if (error instanceof FobError) return null;
    throw error;
  }
}

/** {@link FirstPasscode} in one line. */
export function describeFirst({ code, secondsLeft, next }: FirstPasscode, style: Style): string {
  const now = t`passcode ${style.strong(groupPasscode(code))}, good for ${plural(secondsLeft, "second")}`;
  return next === null ? now : t`${now}, then ${style.strong(groupPasscode(next))}`;
}
