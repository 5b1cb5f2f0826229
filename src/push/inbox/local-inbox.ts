import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { withSentHint } from "#push/lost-reply.ts";
import { providerOf } from "#push/protocols.ts";
import type { PushServices, ServerConnection } from "#push/provider.ts";
import type { PushMemory, PushOutcome } from "#push/push-request.ts";
import { isPushToken, serverOf } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import {
  claimAnswer,
  isAnsweredWith,
  type RememberedRequests,
  rememberRequests,
  settleAnswers,
} from "#vault/tokens/push-memory.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import {
  asRequest,
  hasExpired,
  type IdentifiedChallenge,
  isWaiting,
  memoryOf,
  type OpenChallenge,
  openChallenges,
  refuseRepeated,
  withIds,
  withOption,
} from "./challenges.ts";
import type { Denials, InboxToken, PolledRequests, PushInbox } from "./inbox.ts";
import { claimMany, sendSeveral } from "./many-answers.ts";
import { pushToken, ServerConnections } from "./server-connections.ts";

/** The inbox of a vault or grant that is open in this process. */
export class LocalInbox implements PushInbox {
  readonly grantLabel: string | null;
  readonly #store: TokenStore;
  readonly #services: PushServices;
  readonly #connections: ServerConnections;
  /** The challenges of each token's last poll, by token id and request id. */
  readonly #challenges = new Map<string, Map<string, OpenChallenge>>();

  constructor(store: TokenStore, services: PushServices, grantLabel: string | null = null) {
    this.grantLabel = grantLabel;
    this.#store = store;
    this.#services = services;
    this.#connections = new ServerConnections(store, services.now);
  }

  async tokens(): Promise<InboxToken[]> {
    return this.#store.entries().flatMap((entry) => {
      if (!isPushToken(entry) || !providerOf(entry.credential)) return [];
      return [{ token: entry, isGuarded: entry.pin === "user" }];
    });
  }

  async open(tokenId: string, prompt: PinPrompt): Promise<void> {
    await this.#connections.open(this.#store.read(tokenId), prompt);
  }

  async poll(tokenId: string, signal?: AbortSignal): Promise<PolledRequests> {
    const before = this.#store.read(tokenId);
    const connection = await this.#connections.of(before);
    const { challenges, refusals, garbage, clockOffsetSeconds } = await connection.poll(
      this.#services,
      signal,
    );
    const received = withIds(tokenId, challenges);
    this.#remember(before, received);
    const memory = memoryOf(received.length > 0 ? this.#store.read(tokenId) : before);
    const now = this.#services.now();
    const waiting = received.filter(({ id, challenge }) =>
      isWaiting(memory.get(id), challenge, now),
    );
    const past = memoryOf(before);
    this.#challenges.set(tokenId, openChallenges(waiting, past));
    const token = pushToken(before);
    const requests = waiting.map((one) => asRequest(token, one, memory.get(one.id)?.seenAt ?? 0));
    const replayed = refuseRepeated(received, past, now);
    return {
      requests: requests.reverse(),
      refusals: [...refusals, ...replayed],
      garbage,
      clockOffsetSeconds,
    };
  }

  async answer(id: string, given: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const { tokenId, open } = await this.#find(id);
    const { challenge } = open;
    const record = this.#store.read(tokenId);
    const answer = withOption(challenge, given);
    const isAsked = answer.kind === "approve" && record.guard !== null;
    const connection = isAsked
      ? await this.#connections.openOnce(record, prompt)
      : await this.#connections.of(record);
    this.#claim(tokenId, id, open, answer);
    const outcome = await this.#send(connection, { tokenId, id, challenge }, answer);
    const outcomes = new Map([[id, outcome.isAccepted]]);
    this.#change(tokenId, (known) => settleAnswers(known, answer, outcomes));
    touch(this.#store, [tokenId], this.#services.now());
    // another process may have sent the same answer before: the server accepted that one
    const memory = memoryOf(this.#store.read(tokenId)).get(id);
    const isTaken = memory?.isAccepted && isAnsweredWith(memory, answer);
    return { ...outcome, isAccepted: isTaken || outcome.isAccepted };
  }

  async denyAll(ids: readonly string[], isReport: boolean): Promise<Denials> {
    const wanted = [...this.#challenges]
      .map(([tokenId, challenges]) => [tokenId, pick(challenges, ids)] as const)
      .filter(([, challenges]) => challenges.size > 0);
    // in parallel, because a server that does not answer must not delay the others
    const denials = await Promise.all(
      wanted.map(([tokenId, challenges]) =>
        this.#denyMany(tokenId, challenges, { kind: "deny", isReport }),
      ),
    );
    return {
      denied: denials.flatMap(({ denied }) => denied),
      failures: denials.flatMap(({ failures }) => failures),
    };
  }

  async history(tokenId: string): Promise<PushMemory[]> {
    const record = this.#store.read(tokenId);
    const token = pushToken(record);
    return record.pushRequests.flatMap(({ id, seenAt, words, answer, isAccepted }) => {
      if (words === null) return [];
      return [
        {
          id,
          token: token.name,
          server: serverOf(token),
          ...words,
          receivedAt: new Date(seenAt),
          answer,
          isAccepted,
        },
      ];
    });
  }

  close(): void {
    this.#connections.close();
    this.#challenges.clear();
  }

  /**
   * Denies all requests of a token with two writes, because in a flood one write for each would
   * take too long.
   */
  async #denyMany(
    tokenId: string,
    challenges: ReadonlyMap<string, OpenChallenge>,
    answer: PushAnswer,
  ): Promise<Denials> {
    try {
      const record = this.#store.read(tokenId);
      const { denied, failure } = await this.#deny(record, challenges, answer);
      return { denied, failures: failure ? [{ token: record.token.name, error: failure }] : [] };
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      const name = this.#store.entries().find(({ id }) => id === tokenId)?.name ?? tokenId;
      return { denied: [], failures: [{ token: name, error }] };
    }
  }

  async #deny(
    record: TokenRecord,
    challenges: ReadonlyMap<string, OpenChallenge>,
    answer: PushAnswer,
  ) {
    const tokenId = record.token.id;
    const connection = await this.#connections.of(record);
    let claimed: readonly string[] = [];
    this.#change(tokenId, (known) => {
      const claims = claimMany(known, challenges, answer, this.#services.now());
      claimed = claims.ids;
      return claims.known;
    });
    const { outcomes, failure } = await sendSeveral(
      connection,
      new Map([...pick(challenges, claimed)].map(([id, { challenge }]) => [id, challenge])),
      answer,
      this.#services,
    );
    this.#change(tokenId, (known) => settleAnswers(known, answer, outcomes));
    return {
      denied: [...outcomes].filter(([, isAccepted]) => isAccepted).map(([id]) => id),
      failure,
    };
  }

  #remember(before: TokenRecord, received: readonly IdentifiedChallenge[]): void {
    const past = memoryOf(before);
    if (received.every(({ id }) => past.has(id))) return;
    const now = this.#services.now();
    const fresh = received.map(({ id, challenge }) => ({
      id,
      title: challenge.title,
      question: challenge.question,
    }));
    this.#change(before.token.id, (known) => rememberRequests(known, fresh, now));
  }

  /** Sends an answer. When it fails, only another poll can tell whether the server asks on. */
  async #send(
    connection: ServerConnection,
    { tokenId, id, challenge }: IdentifiedChallenge & { readonly tokenId: string },
    answer: PushAnswer,
  ): Promise<PushOutcome> {
    try {
      return await connection.answer(challenge, answer, this.#services);
    } catch (error) {
      this.#challenges.get(tokenId)?.delete(id);
      throw withSentHint(error);
    }
  }

  #claim(tokenId: string, id: string, open: OpenChallenge, answer: PushAnswer): void {
    // measured after the PIN prompt, which may take long
    const now = this.#services.now();
    this.#change(tokenId, (known) => {
      const remembered = known.find((one) => one.id === id);
      if (remembered && hasExpired(remembered, open.challenge, now)) {
        throw new FobError("rejected", t("this request has expired"), {
          hint: t("start the login again"),
        });
      }
      return claimAnswer(known, id, answer, now, open.untaken);
    });
  }

  /**
   * Changes the remembered requests. Writes only changes: of many processes that receive the same
   * request, one has to.
   */
  #change(tokenId: string, change: (known: RememberedRequests) => RememberedRequests): void {
    this.#store.update(tokenId, (record) => {
      const pushRequests = change(record.pushRequests);
      return pushRequests === record.pushRequests ? record : { ...record, pushRequests };
    });
  }

  /** Finds a challenge; polls when this inbox has not seen it yet. */
  async #find(id: string) {
    const known = this.#seen(id);
    if (known) return known;
    const open = (await this.tokens()).filter(
      ({ token, isGuarded }) => !isGuarded || this.#connections.has(token.id),
    );
    const polls = await Promise.allSettled(open.map(({ token }) => this.poll(token.id)));
    const found = this.#seen(id);
    if (found) return found;
    const failed = polls.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    throw new FobError("not-found", t`no request ${JSON.stringify(id)} waits for an answer`, {
      hint: t(
        "it may have expired, or was answered elsewhere; `fob push list` shows those that wait",
      ),
    });
  }

  #seen(id: string) {
    for (const [tokenId, challenges] of this.#challenges) {
      const open = challenges.get(id);
      if (open) return { tokenId, open };
    }
    return null;
  }
}

function pick(challenges: ReadonlyMap<string, OpenChallenge>, ids: readonly string[]) {
  return new Map(ids.map((id) => [id, challenges.get(id)] as const).filter(isKnown));
}

function isKnown(
  entry: readonly [string, OpenChallenge | undefined],
): entry is readonly [string, OpenChallenge] {
  return entry[1] !== undefined;
}
