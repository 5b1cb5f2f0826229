import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PinPrompt, TokenUse } from "./pin-prompt.ts";

/**
 * Whether a use needs no question: the token asks nobody, or about others than the person who types
 * the command.
 */
export function isUnasked(
  { token: { confirm }, grantLabel }: TokenUse,
  { atTerminal }: Pick<PinPrompt, "atTerminal">,
): boolean {
  if (confirm === "never") return true;
  return confirm === "others" && grantLabel === null && atTerminal === "typing";
}

/**
 * Returns when the use may go on: it needs no question, or a person agrees. Throws FobError
 * `denied` where the person does not, or nobody can be asked.
 */
export async function approveUse(use: TokenUse, prompt: PinPrompt): Promise<void> {
  if (isUnasked(use, prompt)) return;
  if (!prompt.approve) throw cannotBeAsked(use);
  await prompt.approve(use);
}

/** The error for a use that a person has not agreed to. */
export function denied({ token: { name } }: TokenUse): FobError {
  return new FobError("denied", t`nobody agreed that ${name} is used`);
}

/** The error for a use that nobody can be asked about. */
export function cannotBeAsked({ token: { name } }: TokenUse): FobError {
  return new FobError(
    "denied",
    t`${name} is used only after a person agrees, and nobody can be asked here`,
    {
      hint: t("a desktop's notifications, a pinentry, or a terminal as standard input can ask"),
    },
  );
}
