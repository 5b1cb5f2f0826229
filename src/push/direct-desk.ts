import { FobError } from "../fob-error.ts";
import { refuseByDomain } from "../token/access-domain.ts";
import type { PushAnswer } from "../token/push-answer.ts";
import { forget } from "../token/secret.ts";
import { touch } from "../vault/last-uses.ts";
import { secretOf } from "../vault/passcodes.ts";
import type { PinPrompt } from "../vault/pin-prompt.ts";
import { claimAnswer, type RememberedRequest, rememberRequests, settleAnswer } from "../vault/push-memory.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import type { TokenStore } from "../vault/token-store.ts";
import type { DeskPoll, DeskToken, PushDesk } from "./desk.ts";
import { claimMany, sendSeveral } from "./many-answers.ts";
import type { PushChallenge, PushLine, PushServices } from "./provider.ts";
import { providerOf } from "./providers.ts";
import { isPushToken, type PushToken, serverOf } from "./push-token.ts";
import { type PushMemory, type PushOutcome, type PushRequest, requestId } from "./request.ts";

/** The desk of tokens that this process can open. */
export class DirectDesk implements PushDesk {
  readonly #store: TokenStore;
  readonly #services: PushServices;
  /** By the id of the token. */
  readonly #lines = new Map<string, PushLine>();
  /** What each token's last poll brought, by the id of the token and of the request. */
  readonly #challenges = new Map<string, ReadonlyMap<string, PushChallenge>>();

  constructor(store: TokenStore, services: PushServices) {
    this.#store = store;
    this.#services = services;
  }

  async tokens(): Promise<DeskToken[]> {
    return this.#store.entries().flatMap((entry) => {
      if (!isPushToken(entry) || !providerOf(entry.credential)) return [];
      return [{ token: entry, isGuarded: entry.pin === "user" }];
    });
  }

  async open(tokenId: string, prompt: PinPrompt): Promise<void> {
    this.#lines.set(tokenId, await this.#openLine(this.#store.read(tokenId), prompt));
  }

  async poll(tokenId: string, signal?: AbortSignal): Promise<DeskPoll> {
    const before = this.#store.read(tokenId);
    const { challenges, refusals, clockOffsetSeconds } = await (await this.#lineOf(before)).poll(
      this.#services,
      signal,
    );
    const arrived = challenges.map((challenge) => ({ id: requestId(tokenId, challenge.nonce), challenge }));
    this.#remember(before, arrived);
    const memory = memoryOf(arrived.length > 0 ? this.#store.read(tokenId) : before);
    const now = this.#services.now();
    const waiting = arrived.filter(({ id, challenge }) => isWaiting(memory.get(id), challenge, now));
    this.#challenges.set(tokenId, new Map(waiting.map(({ id, challenge }) => [id, challenge])));
    const token = pushToken(before);
    const requests = waiting.map(({ id, challenge }) => describe(token, id, challenge, memory.get(id)?.seenAt ?? 0));
    const past = memoryOf(before);
    const replayed = arrived.flatMap(({ id, challenge }) => refusalOf(past.get(id), challenge, now) ?? []);
    return { requests: requests.reverse(), refusals: [...refusals, ...replayed], clockOffsetSeconds };
  }

  async answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const { tokenId, challenge } = await this.#find(id);
    const record = this.#store.read(tokenId);
    refuseChoice(challenge, answer);
    const isAsked = answer.kind === "approve" && record.guard !== null;
    const line = isAsked ? await this.#openLine(record, prompt) : await this.#lineOf(record);
    this.#claim(tokenId, id, challenge, answer);
    const outcome = await line.answer(challenge, answer, this.#services);
    this.#change(tokenId, (known) => settleAnswer(known, id, outcome.isAccepted));
    touch(this.#store, tokenId, this.#services.now());
    return outcome;
  }

  async denyAll(ids: readonly string[], isReport: boolean): Promise<string[]> {
    const denied: string[] = [];
    for (const [tokenId, challenges] of this.#challenges) {
      const wanted = pick(challenges, ids);
      if (wanted.size > 0) denied.push(...(await this.#denyMany(tokenId, wanted, { kind: "deny", isReport })));
    }
    return denied;
  }

  async history(tokenId: string): Promise<PushMemory[]> {
    const record = this.#store.read(tokenId);
    const token = pushToken(record);
    return record.pushRequests.flatMap(({ id, seenAt, words, answer, isAccepted }) => {
      if (words === null) return [];
      return [
        { id, token: token.name, server: serverOf(token), ...words, receivedAt: new Date(seenAt), answer, isAccepted },
      ];
    });
  }

  close(): void {
    this.#lines.clear();
    this.#challenges.clear();
  }

  /** Two writes for all of them: in a flood, each write is a wait. */
  async #denyMany(
    tokenId: string,
    challenges: ReadonlyMap<string, PushChallenge>,
    answer: PushAnswer,
  ): Promise<string[]> {
    const line = await this.#lineOf(this.#store.read(tokenId));
    let claimed: readonly string[] = [];
    this.#change(tokenId, (known) => {
      const claims = claimMany(known, [...challenges.keys()], answer, this.#services.now());
      claimed = claims.ids;
      return claims.known;
    });
    const outcomes = await sendSeveral(line, pick(challenges, claimed), answer, this.#services);
    this.#change(tokenId, (known) =>
      known.map((one) => ({ ...one, isAccepted: outcomes.get(one.id) ?? one.isAccepted })),
    );
    return [...outcomes].filter(([, isAccepted]) => isAccepted).map(([id]) => id);
  }

  /** A token without a PIN is opened when it is first needed; nobody is asked. */
  async #lineOf(record: TokenRecord): Promise<PushLine> {
    refuseByDomain(record.token, this.#store.isPinGiven(record));
    const { id } = record.token;
    const line = this.#lines.get(id) ?? (await this.#openLine(record, NOBODY));
    this.#lines.set(id, line);
    return line;
  }

  async #openLine(record: TokenRecord, prompt: PinPrompt): Promise<PushLine> {
    const token = pushToken(record);
    const provider = providerOf(token.credential);
    if (!provider) {
      throw new FobError("usage", `the login requests of ${token.name} are scanned, its server is not asked for them`);
    }
    const secretKey = await this.#store.secretKey(record, prompt, this.#services.now());
    const secret = secretOf(record, secretKey);
    try {
      return provider.open(token, secret);
    } finally {
      forget(secretKey, secret);
    }
  }

  #remember(before: TokenRecord, arrived: readonly { readonly id: string; readonly challenge: PushChallenge }[]): void {
    const past = memoryOf(before);
    if (arrived.every(({ id }) => past.has(id))) return;
    const now = this.#services.now();
    const fresh = arrived.map(({ id, challenge }) => ({ id, title: challenge.title, question: challenge.question }));
    this.#change(before.token.id, (known) => rememberRequests(known, fresh, now));
  }

  #claim(tokenId: string, id: string, challenge: PushChallenge, answer: PushAnswer): void {
    // after the PIN, which takes as long as people take
    const now = this.#services.now();
    this.#change(tokenId, (known) => {
      const remembered = known.find((one) => one.id === id);
      if (remembered && hasExpired(remembered, challenge, now)) {
        throw new FobError("rejected", "this request has expired", { hint: "start the login again" });
      }
      return claimAnswer(known, id, answer, now);
    });
  }

  #change(tokenId: string, change: (known: TokenRecord["pushRequests"]) => TokenRecord["pushRequests"]): void {
    this.#store.update(tokenId, (record) => ({ ...record, pushRequests: change(record.pushRequests) }));
  }

  /** A request that was not seen by this desk may have come since. */
  async #find(id: string) {
    const known = this.#seen(id);
    if (known) return known;
    for (const { token, isGuarded } of await this.tokens()) {
      if (!isGuarded || this.#lines.has(token.id)) await this.poll(token.id);
    }
    const found = this.#seen(id);
    if (found) return found;
    throw new FobError("not-found", `no request ${JSON.stringify(id)} waits for an answer`, {
      hint: "it may have expired, or was answered elsewhere; `fob push list` shows those that wait",
    });
  }

  #seen(id: string) {
    for (const [tokenId, challenges] of this.#challenges) {
      const challenge = challenges.get(id);
      if (challenge) return { tokenId, challenge };
    }
    return null;
  }
}

function pick(challenges: ReadonlyMap<string, PushChallenge>, ids: readonly string[]) {
  return new Map(ids.map((id) => [id, challenges.get(id)] as const).filter(isKnown));
}

function isKnown(entry: readonly [string, PushChallenge | undefined]): entry is readonly [string, PushChallenge] {
  return entry[1] !== undefined;
}

const NOBODY: PinPrompt = {
  interactive: false,
  release: async () => null,
  ask: async ({ of }) => {
    throw new FobError("locked", `the PIN of ${of} is needed before its server can be asked`);
  },
};

function memoryOf({ pushRequests }: TokenRecord): ReadonlyMap<string, RememberedRequest> {
  return new Map(pushRequests.map((one) => [one.id, one]));
}

function pushToken({ token }: TokenRecord): PushToken {
  if (isPushToken(token)) return token;
  throw new FobError("usage", `${token.name} approves no login requests`);
}

function describe(token: PushToken, id: string, challenge: PushChallenge, seenAt: number): PushRequest {
  const { title, question, options, lifetime } = challenge;
  return {
    ...{ id, tokenId: token.id, token: token.name, title, question, server: serverOf(token), options },
    receivedAt: new Date(seenAt),
    expiresAt: new Date(seenAt + lifetime * 1000),
    isQuick: token.credential.isQuick && token.pin === "none" && options.length === 0,
  };
}

function hasExpired({ seenAt }: RememberedRequest, { lifetime }: PushChallenge, now: Date): boolean {
  return seenAt + lifetime * 1000 <= now.getTime();
}

/** One whose answer was decided on and perhaps never arrived still waits. */
function isWaiting(remembered: RememberedRequest | undefined, challenge: PushChallenge, now: Date): boolean {
  return remembered !== undefined && remembered.isAccepted === null && !hasExpired(remembered, challenge, now);
}

/** Why a request that was known before the server was asked is not shown again. */
function refusalOf(remembered: RememberedRequest | undefined, challenge: PushChallenge, now: Date): string | null {
  if (!remembered || isWaiting(remembered, challenge, now)) return null;
  const reason = remembered.isAccepted === null ? "has expired" : "was answered already";
  return `a request was dropped: it ${reason} and was sent again`;
}

function refuseChoice({ options }: PushChallenge, answer: PushAnswer): void {
  if (answer.kind === "deny") return;
  const { choice } = answer;
  if (options.length === 0 && choice === null) return;
  if (choice !== null && options.includes(choice)) return;
  if (choice !== null && options.length === 0)
    throw new FobError("usage", "this request offers nothing to choose from");
  throw new FobError("usage", `one of ${options.join(", ")} must be chosen: the login page shows which`, {
    hint: "--choice",
  });
}
