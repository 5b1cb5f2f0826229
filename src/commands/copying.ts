import type { Context } from "../cli/context.ts";

/** Puts a passcode on the clipboard, lets it be cleared after `seconds` unless it changed meanwhile, and says so to the person. */
export async function copyPasscode(passcode: string, seconds: number, context: Context): Promise<void> {
  context.tell(await putOnClipboard(passcode, seconds, context));
}

/** {@link copyPasscode}, and returns what is to be said. */
export async function putOnClipboard(passcode: string, seconds: number, { clipboard }: Context): Promise<string> {
  await clipboard.copy(passcode);
  await clipboard.clearLater(passcode, seconds);
  return `copied; the clipboard is cleared in ${seconds} s`;
}
