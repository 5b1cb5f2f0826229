import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import type { HttpReply } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import { jsonOf, words } from "#push/server-words.ts";

const ReplySchema = v.object({
  result: v.object({
    status: v.boolean(),
    value: v.optional(v.unknown()),
    error: v.optional(v.object({ message: v.optional(v.string()) })),
  }),
  detail: v.nullish(v.record(v.string(), v.unknown())),
});

/** A successful reply of a privacyIDEA server. */
export interface PrivacyIdeaReply {
  readonly value: unknown;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Parses the reply of the privacyIDEA server `host`. Throws FobError `rejected` with the server's
 * message when it refuses, `unavailable` when it has an internal error or the reply is invalid.
 */
export function readReply({ status, body }: HttpReply, host: string): PrivacyIdeaReply {
  const parsed = v.safeParse(ReplySchema, jsonOf(body));
  if (!parsed.success) {
    const what =
      status === 200
        ? t("answers what no privacyIDEA server does")
        : t`answers with status ${status}`;
    throw new FobError(
      status >= 400 && status < 500 && status !== 429 ? "rejected" : "unavailable",
      t`${host} ${what}`,
      patience(status),
    );
  }
  const { result, detail } = parsed.output;
  if (status === 200 && result.status) return { value: result.value, detail: detail ?? {} };
  const reason = words(result.error?.message) ?? t`status ${status}`;
  throw status >= 500 || status === 429
    ? new FobError("unavailable", t`${host} has a problem: ${reason}`, patience(status))
    : new FobError("rejected", t`${host} refuses: ${reason}`);
}

function patience(status: number): { readonly hint?: string } {
  return status === 429 ? { hint: t("try again in a minute") } : {};
}
