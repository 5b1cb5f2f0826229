import type { HttpReply } from "#base/http-client.ts";
import { t } from "#base/language.ts";

/** From this offset in seconds the person is warned. privacyIDEA accepts one minute. */
const TOLD_OFFSET = 20;

/**
 * How far this machine's clock is ahead of the server's, in seconds, by the reply's Date header;
 * null without one.
 */
export function clockOffset(reply: HttpReply, now: Date): number | null {
  const theirs = Date.parse(reply.header("date") ?? "");
  return Number.isNaN(theirs) ? null : Math.round((now.getTime() - theirs) / 1000);
}

/** Whether a clock offset, in seconds, is large enough for a warning. */
export function isClockOff(offset: number | null): offset is number {
  return offset !== null && Math.abs(offset) >= TOLD_OFFSET;
}

/** Describes a clock offset to people. */
export function describeOffset(seconds: number): string {
  return seconds > 0
    ? t`this machine's clock is ${seconds} s ahead of the server's`
    : t`this machine's clock is ${-seconds} s behind the server's`;
}
