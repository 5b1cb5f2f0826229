import { t } from "#base/language.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { type PushOutcome, type PushRequest, waitsOn } from "./push-request.ts";

/**
 * An event while listening for login requests. Its texts are safe for a terminal, except those of a
 * request.
 */
export type PushEvent =
  | { readonly kind: "request"; readonly request: PushRequest }
  /** The request can no longer be answered: it has expired, or its server withdrew it. */
  | {
      readonly kind: "gone";
      readonly request: PushRequest;
      readonly reason: "expired" | "withdrawn";
    }
  | {
      readonly kind: "answered";
      readonly request: PushRequest;
      readonly answer: PushAnswer;
      readonly outcome: PushOutcome;
    }
  /**
   * A request was dropped before it was shown, or the server lists what is none. Each message is
   * reported once.
   */
  | { readonly kind: "refusal"; readonly token: string; readonly message: string }
  /** Listening for a token has ended: it was removed, or its access domain forbids it. */
  | { readonly kind: "ended"; readonly token: string; readonly message: string }
  /**
   * A server cannot be reached, or does not answer for one token (`token` is null for all). Polling
   * continues.
   */
  | ({
      readonly kind: "offline";
      readonly message: string;
      readonly hint: string | null;
    } & Whereabouts)
  | ({ readonly kind: "online" } & Whereabouts)
  /** The clock differs so much that the server refuses, or soon will; positive when it is ahead. */
  | { readonly kind: "drift"; readonly server: string; readonly offsetSeconds: number }
  /** The clock is right again. */
  | { readonly kind: "steady"; readonly server: string };

/** Whether a request can no longer be answered after this event. */
export function endsRequest(event: PushEvent): boolean {
  if (event.kind === "answered") return !waitsOn(event.answer, event.outcome);
  return event.kind === "gone";
}

/** Describes to people why a request is gone. */
export function goneInWords(reason: "expired" | "withdrawn"): string {
  return reason === "expired" ? t("expired") : t("withdrawn");
}

/** Says of a server that does not answer why that is, and what may help. */
export function tryingAgain(message: string, hint: string | null): string {
  return hint === null ? t`${message}; trying again` : t`${message}; trying again (${hint})`;
}

interface Whereabouts {
  readonly server: string;
  readonly token: string | null;
}
