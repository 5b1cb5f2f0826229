import { again, original, t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { describeOffset } from "#push/clock-offset.ts";
import { goneInWords, type PushEvent, tryingAgain } from "#push/push-event.ts";
import { requestJson } from "#push/push-json.ts";
import { printable } from "#token/printable.ts";
import { answeredJson } from "./push-requests.ts";
import { formatAnswered, optionWord, secondsLeft, wording } from "./push-view.ts";

/** What happened, for scripts. */
export function eventJson(event: PushEvent): object {
  switch (event.kind) {
    case "request":
      return { event: "request", ...requestJson(event.request) };
    case "gone":
      return {
        event: "gone",
        id: event.request.id,
        token: event.request.token,
        reason: event.reason,
      };
    case "answered":
      return { event: "answered", ...answeredJson(event), accepted: event.outcome.isAccepted };
    default: {
      const { kind, ...rest } = event;
      return {
        event: kind,
        ...rest,
        ...("message" in rest ? { message: original(rest.message) } : {}),
      };
    }
  }
}

/** An event as lines of text. */
export function formatEvent(event: PushEvent, now: Date, style: Style): string {
  switch (event.kind) {
    case "request": {
      const { request } = event;
      const choices = request.options.map((option) => ` --choice ${optionWord(option)}`);
      return [
        t`${style.strong(wording(request))} (${printable(request.token)} at ${printable(request.server)}, ${secondsLeft(request, now)} s left)`,
        ...(choices.length === 0 ? [""] : choices).map(
          (choice) => `  fob push approve ${request.id}${choice}`,
        ),
        `  fob push deny ${request.id} --report`,
      ].join("\n");
    }
    case "gone":
      return `${goneInWords(event.reason)}: ${wording(event.request)} (${event.request.id})`;
    case "answered":
      return event.outcome.isAccepted
        ? formatAnswered(event, style)
        : t`not accepted: ${style.strong(wording(event.request))} (${event.request.id})`;
    case "drift":
      return t`${describeOffset(event.offsetSeconds)}: set it right`;
    case "steady":
      return t`this machine's clock agrees with ${event.server}'s again`;
    case "refusal":
    case "ended":
      return `${printable(event.token)}: ${again(event.message)}`;
    case "offline":
      return tryingAgain(
        event.token === null ? event.message : `${printable(event.token)}: ${again(event.message)}`,
        event.hint === null ? null : again(event.hint),
      );
    case "online":
      return t`${event.server} is there again`;
  }
}
