import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";

/** Throws FobError `usage` for `--once` without `--copy`. */
export function refuseOnceAlone({
  copy,
  once,
}: {
  readonly copy: boolean;
  readonly once: boolean;
}): void {
  if (once && !copy)
    throw new FobError("usage", t("--once goes with --copy: it is about the clipboard"));
}

/**
 * Copies a passcode to the clipboard, and has it cleared after `seconds`, unless something else was
 * copied meanwhile; at once after one paste with `isForOnePaste`, where the system can. Returns the
 * message for the user.
 */
export async function copyPasscode(
  passcode: string,
  seconds: number,
  { clipboard }: Pick<Context, "clipboard">,
  isForOnePaste = false,
): Promise<string> {
  if (isForOnePaste && (await clipboard.copyOnce(passcode))) {
    await clipboard.clearLater(passcode, seconds, "desktop");
    return t`copied for one paste; the clipboard is cleared in ${plural(seconds, "second")} without one`;
  }
  const keeper = await clipboard.copy(passcode);
  // only a text written to the terminal could clear it: after fob has ended, that would appear in
  // the output of another program
  if (keeper === "terminal")
    return t("copied by the terminal, which keeps it until you copy something else");
  await clipboard.clearLater(passcode, seconds, keeper);
  const time = plural(seconds, "second");
  if (keeper === "tmux")
    return t`copied; tmux forgets it in ${time}, the terminal around it does not`;
  return isForOnePaste
    ? t`copied, and for more than one paste: this clipboard counts none; it is cleared in ${time}`
    : t`copied; the clipboard is cleared in ${time}`;
}
