import { FobError } from "#base/fob-error.ts";
import { withSentHint } from "#push/lost-reply.ts";
import type { PushChallenge, PushServices, ServerConnection } from "#push/provider.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { claimAnswer, type RememberedRequests } from "#vault/tokens/push-memory.ts";
import type { OpenChallenge } from "./challenges.ts";

/** How many answers are sent at the same time. */
const AT_ONCE = 8;

/**
 * The results of several answers, and the error that stopped the rest. Answers without a result can
 * be sent again.
 */
export interface SeveralOutcomes {
  /** Whether each sent answer was accepted, by request id. */
  readonly outcomes: ReadonlyMap<string, boolean>;
  readonly failure: FobError | null;
}

/** Sends an answer to several requests. */
export async function sendSeveral(
  connection: ServerConnection,
  challenges: ReadonlyMap<string, PushChallenge>,
  answer: PushAnswer,
  services: PushServices,
): Promise<SeveralOutcomes> {
  const outcomes = new Map<string, boolean>();
  const left = [...challenges];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [id, challenge] = next;
      outcomes.set(id, (await connection.answer(challenge, answer, services)).isAccepted);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = workers.find(({ status }) => status === "rejected");
  if (failed?.status !== "rejected") return { outcomes, failure: null };
  const failure = withSentHint(failed.reason);
  if (failure instanceof FobError) return { outcomes, failure };
  throw failure;
}

/** {@link claimAnswer} for several requests; `ids` has those that were not answered before. */
export function claimMany(
  before: RememberedRequests,
  open: ReadonlyMap<string, Pick<OpenChallenge, "untaken">>,
  answer: PushAnswer,
  now: Date,
): { readonly known: RememberedRequests; readonly ids: readonly string[] } {
  const claimed: string[] = [];
  let known = before;
  for (const [id, { untaken }] of open) {
    try {
      known = claimAnswer(known, id, answer, now, untaken);
      claimed.push(id);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
    }
  }
  return { known, ids: claimed };
}
