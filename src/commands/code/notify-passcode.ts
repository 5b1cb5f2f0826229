import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Notice } from "#push/notifier.ts";
import { printable } from "#token/printable.ts";

/** The options for a person who has no terminal before them. */
export const NOTIFY_OPTIONS = {
  notify: flag("copy the passcode, and say so by notification of the desktop, without its digits"),
  notifyCode: flag("--notify with the passcode in the notification, where others may read it"),
} as const;

/** Whether and how a notification is wanted. */
export interface NotifyInput {
  readonly notify: boolean;
  readonly notifyCode: boolean;
}

export function isNotified({ notify, notifyCode }: NotifyInput): boolean {
  return notify || notifyCode;
}

/** What was copied, and how long it stays. */
interface Copied {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/**
 * Tells by notification that a passcode was copied. It has the passcode in it only where that is
 * asked for. Throws FobError `unavailable` where nothing shows notifications.
 */
export async function notifyOf(
  { name, code, message }: Copied,
  { notifyCode }: NotifyInput,
  { notifier }: Pick<Context, "notifier">,
): Promise<void> {
  const title = notifyCode ? `${name}: ${code}` : name;
  await notifier.tell(plain({ title, body: message, isPassing: notifyCode }));
}

/**
 * Tells by notification why there is no passcode: whoever pressed a key of the desktop sees nothing
 * else. The error itself is thrown on.
 */
export async function notifyingFailure<T>(
  names: readonly string[],
  { notifier }: Pick<Context, "notifier">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message } = asFobError(thrown);
    const title = names.length === 0 ? t("No passcode") : t`No passcode of ${names.join(", ")}`;
    if (code !== "interrupted" && !(thrown instanceof FobError && thrown.isSilent))
      // the error is reported in any case
      await notifier.tell(plain({ title, body: message })).catch(() => undefined);
    throw thrown;
  }
}

function plain({ title, body, ...rest }: Notice): Notice {
  return { title: printable(title), body: printable(body), ...rest };
}
