import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";

/**
 * Puts a passcode on the clipboard, lets it be cleared after `seconds` unless it changed meanwhile,
 * and says so to the person.
 */
export async function copyPasscode(
  passcode: string,
  seconds: number,
  context: Context,
): Promise<void> {
  context.tell(await putOnClipboard(passcode, seconds, context));
}

/** {@link copyPasscode}, and returns what is to be said. */
export async function putOnClipboard(
  passcode: string,
  seconds: number,
  { clipboard }: Context,
): Promise<string> {
  const keeper = await clipboard.copy(passcode);
  // what is written to a terminal after fob has ended would land in somebody else's output
  if (keeper === "terminal")
    return t("copied by the terminal, which keeps it until you copy something else");
  await clipboard.clearLater(passcode, seconds, keeper);
  const time = plural(seconds, "second");
  if (keeper === "tmux")
    return t`copied; tmux forgets it in ${time}, the terminal around it does not`;
  return t`copied; the clipboard is cleared in ${time}`;
}
