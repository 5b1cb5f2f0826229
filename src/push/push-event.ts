import { t } from "#base/language.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PushOutcome, PushRequest } from "./push-request.ts";

/**
 * What happens while login requests are listened for. Texts are safe for a terminal but for those
 * of a request.
 */
export type PushEvent =
  | { readonly kind: "request"; readonly request: PushRequest }
  /**
   * It was not answered here, and cannot be any more: its time is over, or its server withdrew it.
   */
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
  /** Something was dropped before it was shown. The same is said once. */
  | { readonly kind: "refusal"; readonly token: string; readonly message: string }
  /** A token is listened to no longer: it was removed, or its access domain forbids it. */
  | { readonly kind: "ended"; readonly token: string; readonly message: string }
  /**
   * A server cannot be reached, or does not answer for one token; `token` is null where it is about
   * all of them. It is tried again.
   */
  | ({
      readonly kind: "offline";
      readonly message: string;
      readonly hint: string | null;
    } & Whereabouts)
  | ({ readonly kind: "online" } & Whereabouts)
  /**
   * The clock is so far off that the server will refuse soon, or refuses; positive when it is
   * ahead.
   */
  | { readonly kind: "drift"; readonly server: string; readonly offsetSeconds: number }
  /** The clock, which was off, is right again. */
  | { readonly kind: "steady"; readonly server: string };

/** Why a request is gone, for people. */
export function goneInWords(reason: "expired" | "withdrawn"): string {
  return reason === "expired" ? t("expired") : t("withdrawn");
}

interface Whereabouts {
  readonly server: string;
  readonly token: string | null;
}
