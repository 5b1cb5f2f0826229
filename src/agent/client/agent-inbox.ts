import {
  decodeEntries,
  decodeReply,
  decodeState,
  encodeRequest,
  MAX_DENIALS,
  type RequestInput,
} from "#agent/protocol/protocol.ts";
import {
  decodeDenials,
  decodeMemory,
  decodeOutcome,
  decodePoll,
  type PushMemoryJson,
} from "#agent/protocol/push-protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Denials, InboxToken, PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import { providerOf } from "#push/protocols.ts";
import type { PushMemory, PushOutcome } from "#push/push-request.ts";
import { isPushToken } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { TokenState } from "#vault/tokens/authenticator.ts";
import type { Connection } from "./connection.ts";
import { needsAppPin, openAgain, opening } from "./open-token.ts";

/**
 * The inbox of an agent that holds the vault. Tokens that need more than an open vault (access
 * domain 02, where the app PIN must be given in the same call) are used through an inbox from
 * `open`.
 */
export class AgentInbox implements PushInbox {
  readonly grantLabel = null;
  readonly #connection: Connection;
  readonly #open: () => Promise<PushInbox | null>;
  /** Token ids, by request id. */
  readonly #tokenIds = new Map<string, string>();
  #own: PushInbox | null = null;
  /** The ids of the tokens that `open`'s inbox handles. */
  readonly #ownTokens = new Set<string>();

  constructor(connection: Connection, open: () => Promise<PushInbox | null>) {
    this.#connection = connection;
    this.#open = open;
  }

  async tokens(): Promise<InboxToken[]> {
    const entries = decodeEntries(await this.#ask({ do: "list" }));
    return entries.flatMap((entry) => {
      if (!isPushToken(entry) || !providerOf(entry.credential)) return [];
      return [{ token: entry, isGuarded: entry.pin === "user" }];
    });
  }

  async open(tokenId: string, prompt: PinPrompt): Promise<void> {
    const state = await this.#look(tokenId);
    if (needsAppPin(state)) {
      this.#own ??= await openAgain(this.#open);
      this.#ownTokens.add(tokenId);
      return this.#own.open(tokenId, prompt);
    }
    await opening(state, prompt, (opener) =>
      state.isGuarded
        ? this.#ask({ do: "push-list", name: tokenId, ...opener })
        : Promise.resolve(),
    );
  }

  async poll(tokenId: string, signal?: AbortSignal): Promise<PolledRequests> {
    if (this.#own && this.#ownTokens.has(tokenId)) return this.#own.poll(tokenId, signal);
    const polled = decodePoll(await this.#ask({ do: "push-list", name: tokenId }));
    for (const [id, of] of this.#tokenIds) if (of === tokenId) this.#tokenIds.delete(id);
    for (const { id } of polled.requests) this.#tokenIds.set(id, tokenId);
    return polled;
  }

  async answer(id: string, answer: PushAnswer, prompt: PinPrompt): Promise<PushOutcome> {
    const tokenId = this.#tokenIds.get(id);
    if (tokenId === undefined && this.#own) return this.#own.answer(id, answer, prompt);
    const said = answer.kind === "approve" ? "approve" : answer.isReport ? "report" : "deny";
    const choice = answer.kind === "approve" ? answer.choice : null;
    const send = (opener: object) =>
      this.#ask({ do: "push-answer", id, answer: said, choice, ...opener });
    const isAsked = tokenId !== undefined && answer.kind === "approve";
    return decodeOutcome(
      await (isAsked ? opening(await this.#look(tokenId), prompt, send) : send({})),
    );
  }

  async denyAll(ids: readonly string[], isReport: boolean): Promise<Denials> {
    const parts = this.#own ? [await this.#own.denyAll(ids, isReport)] : [];
    const held = ids.filter((id) => this.#tokenIds.has(id));
    for (let at = 0; at < held.length; at += MAX_DENIALS) {
      const some = held.slice(at, at + MAX_DENIALS);
      parts.push(decodeDenials(await this.#ask({ do: "push-deny", ids: some, report: isReport })));
    }
    const failures = new Map(
      parts.flatMap((part) => part.failures.map((failure) => [failure.token, failure])),
    );
    return { denied: parts.flatMap(({ denied }) => denied), failures: [...failures.values()] };
  }

  async history(tokenId: string): Promise<PushMemory[]> {
    const memories = (await this.#ask({ do: "push-history", name: tokenId })) as PushMemoryJson[];
    return memories.map(decodeMemory);
  }

  close(): void {
    this.#connection.end();
    this.#own?.close();
  }

  async #look(tokenId: string): Promise<TokenState> {
    return decodeState(await this.#ask({ do: "look", name: tokenId }));
  }

  /**
   * Throws FobError `locked` where the agent has ended, because waiting would not help;
   * `unavailable` where it only does not answer this request.
   */
  async #ask(request: RequestInput): Promise<unknown> {
    const line = await this.#connection.ask(encodeRequest(request)).catch((error: unknown) => {
      if (this.#connection.isOpen) throw error;
      throw new FobError("locked", t("the agent has gone, and the vault is locked"), {
        hint: "`fob unlock`",
        cause: error,
      });
    });
    return decodeReply(line);
  }
}
