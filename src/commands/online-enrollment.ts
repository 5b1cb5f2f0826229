import { randomBytes } from "node:crypto";
import type { Context, Trace } from "../cli/context.ts";
import type { EnrollmentDraft, EnrollmentServices, OnlineEnrollment } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { original, t } from "../language.ts";
import { shortenName } from "../token/clean-name.ts";
import type { Credential } from "../token/credential.ts";
import { forget } from "../token/secret.ts";
import type { Vault } from "../vault/vault.ts";
import { askSecretFor } from "./ask-secret.ts";
import {
  askPins,
  type ChosenPins,
  describeMissingPin,
  fittingPins,
  forgetPins,
  guardLate,
  pinsFor,
  type Unguarded,
} from "./enrollment-pins.ts";
import { checkName, type NamedDraft, refuseTakenName, type StoredDraft, storeDrafts } from "./enrollment-storing.ts";
import { sortDrafts } from "./known-tokens.ts";

/** What was wished for tokens that a server makes. */
export interface OnlineWishes {
  readonly name: string | undefined;
  readonly replace: boolean;
  /** Whether every token gets a PIN. */
  readonly pin: boolean;
  /** Whether servers will do that nothing vouches for. */
  readonly insecure: boolean;
  /** The file that the enrollment log goes to. */
  readonly trace: string | undefined;
}

/** The tokens that came from servers; `withoutPin` are those among them that still lack the PIN which their issuer wants. */
export interface FetchedTokens {
  readonly stored: readonly StoredDraft[];
  readonly withoutPin: readonly Unguarded[];
}

/** An online enrollment, and what its token is called until the server has named it. */
interface Order {
  readonly name: string;
  readonly draft: OnlineEnrollment;
}

/** What every order of a run is carried out with. */
interface Run {
  readonly vault: Vault;
  readonly wishes: OnlineWishes;
  readonly pins: ChosenPins<Order>;
  readonly context: Context;
  readonly note: Trace;
}

/**
 * Gets tokens from their servers, one after the other, and stores each at once: a string works once, so that whatever can go wrong here does so
 * before. Rejects with what stopped it; its hint names the tokens that are stored by then.
 */
export async function enrollOnline(
  online: readonly OnlineEnrollment[],
  vault: Vault,
  wishes: OnlineWishes,
  context: Context,
): Promise<FetchedTokens> {
  if (online.length === 0) return { stored: [], withoutPin: [] };
  if (wishes.name !== undefined && !wishes.replace) refuseTakenName(vault, checkName(wishes.name));
  const orders = online.map((draft) => ({ name: wishes.name ?? draft.name ?? draft.server, draft }));
  const pins = await askPins(orders, wishes.pin, context);
  const note = wishes.trace === undefined ? () => undefined : context.startTrace(wishes.trace);
  const { stored, failure } = await carryOut(orders, { vault, wishes, pins, context, note });
  forgetPins(pins);
  const withoutPin = await guardLate(vault, stored, context);
  if (!failure) return { stored, withoutPin };
  for (const one of withoutPin) context.tell(describeMissingPin(one));
  throw stored.length > 0 ? nameStored(failure, stored) : failure;
}

/** Carries out orders until one fails. */
async function carryOut(orders: readonly Order[], run: Run) {
  const stored: StoredDraft[] = [];
  for (const order of orders) {
    try {
      stored.push(...(await fetchTokens(order, run)));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      run.note(`failed: ${error.code}: ${original(error.message)}`);
      return { stored, failure: error };
    }
  }
  return { stored, failure: null };
}

async function fetchTokens(order: Order, run: Run): Promise<StoredDraft[]> {
  const { vault, wishes, context, note } = run;
  const { format, server } = order.draft;
  note(`enrollment: ${format} at ${server}`);
  context.tell(t`asking ${server} for the token`);
  const drafts = await order.draft.complete(servicesFor(order, run));
  const now = context.clock();
  const named = drafts.map((draft, i) => nameFetched(draft, order, i === 0 ? wishes.name : undefined));
  // the server has made it: it is stored whatever else is there
  for (const { named: one, entry } of wishes.replace ? [] : sortDrafts(vault, named, "kept").conflicts)
    context.tell(
      t`${one.name}: there is another token of this account, ${entry.name}; --replace would have removed it`,
    );
  const fitting = fittingPins(named, run.pins.get(order));
  // what the server made cannot be made again: no signal keeps it from being stored
  const stored = await storeDrafts(
    vault,
    named.map((one) => (lacksPin(one, fitting) ? { ...one, past: lockedSince(now) } : one)),
    {
      onKnown: wishes.replace ? "replace" : "keep",
      ...{ now, processes: context.processes, look: async () => undefined },
      pinOf: pinsFor(fitting, context),
    },
  );
  forgetPins(fitting);
  for (const { secret } of drafts) forget(secret);
  note(`stored: ${stored.map(({ token }) => `${token.credential.kind} token ${token.id}`).join(", ")}`);
  return stored;
}

function lacksPin(named: NamedDraft, pins: ChosenPins): boolean {
  return named.draft.pin?.type === "user" && !pins.has(named);
}

/** A token that lacks the PIN which its issuer wants is used only after one: even if this process ends before it is set. */
function lockedSince(enrolledAt: Date) {
  return { accessDomain: "02", favorite: false, enrolledAt } as const;
}

function servicesFor({ draft: { server } }: Order, { wishes, context, note }: Run): EnrollmentServices {
  return {
    http: context.http,
    randomBytes: (size) => randomBytes(size),
    now: () => context.clock(),
    askSecret: askSecretFor(server, context),
    isInsecure: wishes.insecure,
    trace: (step, detail) => note(`${step}: ${detail}`),
  };
}

/** The name that was wished for, or the first one that is known. What a server calls a token is no reason to lose it. */
function nameFetched(
  draft: EnrollmentDraft<Credential>,
  { name, draft: { account } }: Order,
  wished: string | undefined,
): NamedDraft {
  if (wished !== undefined) return { name: checkName(wished), isChosen: true, draft };
  const candidates = [draft.name, draft.issuer, draft.account, account].map((text) => shortenName(text ?? ""));
  return { name: candidates.find((text) => text !== null) ?? name, isChosen: false, draft };
}

function nameStored(failure: FobError, stored: readonly StoredDraft[]): FobError {
  const names = stored.map(({ token }) => token.name).join(", ");
  const hint =
    stored.length === 1
      ? t`${names} is enrolled already; what comes after was not tried`
      : t`${names} are enrolled already; what comes after was not tried`;
  return new FobError(failure.code, failure.message, { cause: failure, hint });
}
