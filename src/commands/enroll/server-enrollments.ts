import { randomBytes } from "node:crypto";
import { original, t } from "#base/language.ts";
import type { Context, Trace } from "#cli/context.ts";
import type { EnrollmentDraft, OnlineEnrollment } from "#enrollment/draft.ts";
import { shortenName } from "#token/clean-name.ts";
import type { Credential } from "#token/credential.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { forget } from "#token/secret.ts";
import { askSecretFor, type SecretContext } from "./ask-secret.ts";
import { checkName } from "./draft-names.ts";
import { askPins, type ChosenPins, type FetchedDraft, forgetPins } from "./enrollment-pins.ts";
import type { NamedDraft } from "./named-draft.ts";
import type { FetchedTokens } from "./store-fetched.ts";

/** What asking servers for tokens needs. */
export type ServerContext = SecretContext & Pick<Context, "clock" | "http" | "startTrace" | "tell">;

/** What was wished for tokens that a server makes. */
export interface OnlineWishes {
  readonly name: string | undefined;
  readonly tags: readonly string[];
  /** Whether every token gets a PIN. */
  readonly pin: boolean;
  /** Whether servers without authentication are accepted. */
  readonly insecure: boolean;
  /** The file that the enrollment log goes to. */
  readonly trace: string | undefined;
}

/** An online enrollment, and the name of its token until the server has given one. */
interface Order {
  readonly name: string;
  readonly draft: OnlineEnrollment;
}

/** What is known before the first server is asked. */
interface Ready {
  readonly pins: ChosenPins<Order>;
  readonly note: Trace;
}

/**
 * The enrollments with servers of one run: their tokens are fetched one after the other, and kept
 * until they are stored. A string works once, so that whatever can go wrong here does so before its
 * server is asked.
 */
export class ServerEnrollments {
  readonly #orders: readonly Order[];
  readonly #wishes: OnlineWishes;
  readonly #context: ServerContext;
  #ready: Ready | null = null;
  #asked = 0;
  readonly #fetched: FetchedDraft[] = [];
  #storedCount = 0;

  constructor(online: readonly OnlineEnrollment[], wishes: OnlineWishes, context: ServerContext) {
    this.#orders = online.map((draft) => ({
      name: wishes.name ?? draft.name ?? draft.server,
      draft,
    }));
    this.#wishes = wishes;
    this.#context = context;
  }

  /** What tells their tokens at their servers, where that is known. */
  get keys(): readonly string[] {
    return this.#orders.flatMap(({ draft: { key } }) => key ?? []);
  }

  /** The tokens that servers have made, in their order. */
  get fetched(): readonly FetchedDraft[] {
    return this.#fetched;
  }

  /** The fetched tokens that are not known to be stored. */
  get unstored(): readonly FetchedDraft[] {
    return this.#fetched.slice(this.#storedCount);
  }

  /** See {@link import("./store-fetched.ts").NextFetched}. */
  async next(): Promise<readonly FetchedDraft[] | null> {
    forgetDrafts(this.unstored);
    this.#storedCount = this.#fetched.length;
    this.#ready ??= await this.#prepare();
    const order = this.#orders[this.#asked++];
    if (!order) return null;
    const fetched = await this.#fetch(order, this.#ready);
    this.#fetched.push(...fetched);
    return fetched;
  }

  /** Writes to the enrollment log what came of it. */
  conclude({ stored, failure }: Pick<FetchedTokens, "stored" | "failure">): void {
    const tokens = stored.map(({ view }) => `${view.kind} token ${view.id}`).join(", ");
    if (tokens !== "") this.#ready?.note(`stored: ${tokens}`);
    if (failure) this.#ready?.note(`failed: ${failure.code}: ${original(failure.message)}`);
  }

  /** Forgets every secret and PIN. */
  forget(): void {
    forgetDrafts(this.#fetched);
    if (this.#ready) forgetPins(this.#ready.pins);
  }

  async #prepare(): Promise<Ready> {
    const { pin, trace } = this.#wishes;
    const pins = await askPins(this.#orders, pin, {
      pinPrompt: this.#context.pinPrompt,
      isLast: false,
    });
    return { pins, note: trace === undefined ? () => undefined : this.#context.startTrace(trace) };
  }

  async #fetch(order: Order, { pins, note }: Ready): Promise<FetchedDraft[]> {
    const { format, server } = order.draft;
    note(`enrollment: ${format} at ${server}`);
    this.#context.tell(t`asking ${server} for the token`);
    const drafts = await order.draft.complete(this.#servicesFor(order, note));
    const chosen = pins.get(order) ?? null;
    return drafts.map((draft, i) => ({
      ...nameFetched(
        { ...draft, tags: this.#wishes.tags },
        order,
        i === 0 ? this.#wishes.name : undefined,
      ),
      chosen: chosen && { ...chosen, pin: Buffer.from(chosen.pin) },
    }));
  }

  #servicesFor({ draft: { server } }: Order, note: Trace): EnrollmentServices {
    return {
      http: this.#context.http,
      randomBytes: (size) => randomBytes(size),
      now: () => this.#context.clock(),
      askSecret: askSecretFor(server, this.#context),
      isInsecure: this.#wishes.insecure,
      trace: (step, detail) => note(`${step}: ${detail}`),
    };
  }
}

function forgetDrafts(fetched: readonly FetchedDraft[]): void {
  for (const { draft, chosen } of fetched) forget(draft.secret, chosen?.pin);
}

/**
 * The name that was wished for, or the first one that is known. What a server calls a token is no
 * reason to lose it.
 */
function nameFetched(
  draft: EnrollmentDraft<Credential>,
  { name, draft: { account } }: Order,
  wished: string | undefined,
): NamedDraft {
  if (wished !== undefined) return { name: checkName(wished), isChosen: true, draft };
  const candidates = [draft.name, draft.issuer, draft.account, account].map((text) =>
    shortenName(text ?? ""),
  );
  return { name: candidates.find((text) => text !== null) ?? name, isChosen: false, draft };
}
