import { FobError } from "../fob-error.ts";
import type { PushAnswer } from "../token/push-answer.ts";
import { claimAnswer, type RememberedRequests } from "../vault/push-memory.ts";
import type { PushChallenge, PushLine, PushServices } from "./provider.ts";

/** How many answers are on their way at once. */
const AT_ONCE = 8;

/** Sends an answer to several requests; returns what the server said. What it did not hear can be sent again. */
export async function sendSeveral(
  line: PushLine,
  challenges: ReadonlyMap<string, PushChallenge>,
  answer: PushAnswer,
  services: PushServices,
): Promise<ReadonlyMap<string, boolean>> {
  const outcomes = new Map<string, boolean>();
  const left = [...challenges];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [id, challenge] = next;
      outcomes.set(id, (await line.answer(challenge, answer, services)).isAccepted);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = workers.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected" && outcomes.size === 0) throw failed.reason;
  return outcomes;
}

/** {@link claimAnswer} for several requests; those that were answered already are left out of `ids`. */
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
