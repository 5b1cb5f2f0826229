import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";

/**
 * Copies a passcode to the clipboard, and has it cleared after `seconds`, unless something else was
 * copied meanwhile. Returns the message for the user.
 */
export async function copyPasscode(
  passcode: string,
  seconds: number,
  { clipboard }: Pick<Context, "clipboard">,
): Promise<string> {
  const keeper = await clipboard.copy(passcode);
  // only a text written to the terminal could clear it: after fob has ended, that would appear in
  // the output of another program
  if (keeper === "terminal")
    return t("copied by the terminal, which keeps it until you copy something else");
  await clipboard.clearLater(passcode, seconds, keeper);
  const time = plural(seconds, "second");
  if (keeper === "tmux")
    return t`copied; tmux forgets it in ${time}, the terminal around it does not`;
  return t`copied; the clipboard is cleared in ${time}`;
}
