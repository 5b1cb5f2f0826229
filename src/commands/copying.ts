import type { Context } from "../cli/context.ts";

/** Puts a passcode on the clipboard and lets it be cleared after `seconds`, unless it changed meanwhile. */
export async function copyPasscode(passcode: string, seconds: number, context: Context): Promise<void> {
  await context.clipboard.copy(passcode);
  await context.clipboard.clearLater(passcode, seconds);
  context.tell(`copied; the clipboard is cleared in ${seconds} s`);
}
