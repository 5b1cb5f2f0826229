import type { HttpReply } from "#base/http-client.ts";
import { t } from "#base/language.ts";

/** From how many seconds on a person is told that the clock is off: privacyIDEA takes a minute. */
const TOLD_OFFSET = 20;

/**
 * How far this machine's clock is ahead of the server's that sent the reply, to the second; null
 * where the reply does not tell.
 */
export function clockOffset(reply: HttpReply, now: Date): number | null {
  const theirs = Date.parse(reply.header("date") ?? "");
  return Number.isNaN(theirs) ? null : Math.round((now.getTime() - theirs) / 1000);
}

/** Whether a clock is so far off, in seconds, that the person is told. */
export function isClockOff(offset: number | null): offset is number {
  return offset !== null && Math.abs(offset) >= TOLD_OFFSET;
}

/** How far off this machine's clock is, in words. */
export function describeOffset(seconds: number): string {
  return seconds > 0
    ? t`this machine's clock is ${seconds} s ahead of the server's`
    : t`this machine's clock is ${-seconds} s behind the server's`;
}
