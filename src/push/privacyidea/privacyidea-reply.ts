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

/** The statuses of a web server that has nothing at an address: privacyIDEA has said nothing. */
const NOTHING_THERE: readonly number[] = [404, 405, 410];

/**
 * Parses the reply of the privacyIDEA server `host`. Throws FobError `rejected` with the server's
 * message when it refuses, `unavailable` when it has an internal error, is not at this address, or
 * the reply is invalid.
 */
export function readReply({ status, body }: HttpReply, host: string): PrivacyIdeaReply {
  const parsed = v.safeParse(ReplySchema, jsonOf(body));
  if (!parsed.success) {
    const what =
      status === 200
        ? t("answers what no privacyIDEA server does")
        : t`answers with status ${status}`;
    const isRefused = status >= 400 && status < 500 && status !== 429;
    throw new FobError(
      isRefused && !NOTHING_THERE.includes(status) ? "rejected" : "unavailable",
      t`${host} ${what}`,
      advice(status),
    );
  }
  const { result, detail } = parsed.output;
  if (status === 200 && result.status) return { value: result.value, detail: detail ?? {} };
  const reason = words(result.error?.message) ?? t`status ${status}`;
  throw status >= 500 || status === 429
    ? new FobError("unavailable", t`${host} has a problem: ${reason}`, advice(status))
    : new FobError("rejected", t`${host} refuses: ${reason}`);
}

function advice(status: number): { readonly hint?: string } {
  if (status === 429) return { hint: t("try again in a minute") };
  if (!NOTHING_THERE.includes(status)) return {};
  return { hint: t("is privacyIDEA still at this address? its administrator knows") };
}
