import { FobError } from "#base/fob-error.ts";
import type { PushChallenge, PushServices, ServerConnection } from "#push/provider.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { claimAnswer, type RememberedRequests } from "#vault/tokens/push-memory.ts";

/** How many answers are on their way at once. */
const AT_ONCE = 8;

/**
 * What a server said to several answers, and why it was not sent all of them. What it did not hear
 * can be sent again.
 */
export interface SeveralOutcomes {
  /** Whether each answer that it heard was accepted, by the id of the request. */
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
  if (failed.reason instanceof FobError) return { outcomes, failure: failed.reason };
  throw failed.reason;
}

/**
 * {@link claimAnswer} for several requests; those that were answered already are left out of `ids`.
 */
export function claimMany(
  before: RememberedRequests,
  ids: readonly string[],
  answer: PushAnswer,
  now: Date,
): { readonly known: RememberedRequests; readonly ids: readonly string[] } {
  const claimed: string[] = [];
  let known = before;
  for (const id of ids) {
    try {
      known = claimAnswer(known, id, answer, now);
      claimed.push(id);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
    }
  }
  return { known, ids: claimed };
}
