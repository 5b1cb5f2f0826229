import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { shellWord } from "#base/shell-word.ts";
import type { HouseContext } from "#cli/context.ts";
import { type TokenView, viewToken } from "#commands/tokens/token-view.ts";
import { ACCESS } from "#token/access-domain.ts";
import { newlyEnrolled } from "#token/codec.ts";
import { forget } from "#token/secret.ts";
import { finishInterrupted } from "#vault/tokens/interrupted.ts";
import { holdsSecret } from "#vault/tokens/same-secret.ts";
import { fingerprintOf } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import {
  type FetchedDraft,
  fittingPins,
  forgetPins,
  guardLate,
  pinsFor,
  type Unguarded,
} from "./enrollment-pins.ts";
import { type Conflict, sortDrafts } from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";
import { tokensRenewed } from "./renewals.ts";
import { type StoredDraft, type Storing, storeDrafts } from "./store-drafts.ts";

/** How often a command looks for signals while it waits for a server, in milliseconds. */
const LOOK_MS = 50;

/**
 * Returns the tokens of the next enrollment with a server, and null after the last. A further call
 * means that those before were stored. Rejects with the error that ends the enrollments, such as a
 * refusal by the server.
 */
export type NextFetched = () => Promise<readonly FetchedDraft[] | null>;

/** What came of enrollments with servers; nothing of it is secret. */
export interface FetchedTokens {
  readonly stored: readonly FetchedToken[];
  /** Tokens without the PIN that their issuer requires. They are locked. */
  readonly withoutPin: readonly Unguarded[];
  readonly notes: readonly string[];
  /**
   * What stopped the enrollments, if anything; its hint names the tokens that are stored by then.
   */
  readonly failure: FobError | null;
}

/** A token that came from a server and was stored. */
interface FetchedToken {
  /** Its place among all that came. */
  readonly index: number;
  readonly view: TokenView;
}

/** How tokens that came from servers are stored. */
interface FetchedStoring extends Pick<Storing, "hold" | "tellAside"> {
  readonly replace: boolean;
  /** Whether another process may have stored some of them: those are not changed. */
  readonly mayBeThere: boolean;
}

type StoringContext = Pick<HouseContext, "clock" | "doLongWork" | "pinPrompt" | "processes">;

/**
 * Stores tokens that servers make, those of each enrollment as soon as they are there: its string
 * works once. Then asks for the PINs that are missing. Their secrets and PINs are forgotten.
 */
export async function storeFetched(
  vault: Vault,
  next: NextFetched,
  storing: FetchedStoring,
  context: StoringContext,
): Promise<FetchedTokens> {
  const stored: StoredDraft[] = [];
  const places = new Map<NamedDraft, number>();
  const notes: string[] = [];
  let failure: FobError | null = null;
  try {
    const store = async (fetched: readonly FetchedDraft[]) => {
      const drafts = lockUnguarded(fetched, context.clock());
      for (const one of drafts) places.set(one, places.size);
      const conflicts = storing.replace || storing.mayBeThere ? [] : conflictsOf(vault, drafts);
      const aside = { ...storing, tellAside: (text: string) => void notes.push(text) };
      const added = await storeAll(vault, drafts, aside, context);
      stored.push(...added);
      notes.push(...describeConflicts(conflicts, added));
    };
    const first = await next();
    // what a server made cannot be made again: a signal has its effect when it is stored
    await context.doLongWork(t("interrupted"), async (look) => {
      for (let fetched = first; fetched; fetched = await untilStopped(next(), look)) {
        await store(fetched);
        await look();
      }
    });
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    failure = error;
  }
  const withoutPin = await guardLate(
    vault,
    stored,
    failure?.code === "interrupted" ? failure : null,
    context,
  );
  const views = stored.map(({ token, named }) => ({
    index: places.get(named) ?? 0,
    view: viewToken(vault.read(token.id).token, null),
  }));
  const names = views.map(({ view }) => view.name);
  return { stored: views, withoutPin, notes, failure: failure && nameStored(failure, names) };
}

/**
 * What `work` resolves with, unless the command is to stop before: then it rejects as `look` does.
 */
async function untilStopped<T>(work: Promise<T>, look: Look): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    timer = setInterval(() => look().catch(reject), LOOK_MS);
  });
  return Promise.race([work, stopped]).finally(() => clearInterval(timer));
}

/** The error when the user stops the command after servers have made these tokens. */
export function interruptedAfter(names: readonly string[]): FobError {
  return new FobError(
    "interrupted",
    t`interrupted: what came from servers is enrolled (${names.join(", ")}), and nothing else`,
  );
}

/** An error whose hint names the tokens that servers made before it. */
export function nameStored(failure: FobError, names: readonly string[]): FobError {
  if (names.length === 0) return failure;
  const hint =
    names.length === 1
      ? t`${names.join()} is enrolled already; what comes after was not tried`
      : t`${names.join(", ")} are enrolled already; what comes after was not tried`;
  return new FobError(failure.code, failure.message, { cause: failure, hint });
}

/**
 * Locks a token that lacks the PIN that its issuer requires until one is set, even if this process
 * ends before.
 */
function lockUnguarded(
  fetched: readonly FetchedDraft[],
  enrolledAt: Date,
): readonly FetchedDraft[] {
  const pins = fittingPins(fetched);
  const drafts = fetched.map((one) =>
    one.draft.pin?.type === "user" && !pins.has(one)
      ? { ...one, past: { ...newlyEnrolled(enrolledAt), accessDomain: ACCESS.pin } }
      : one,
  );
  forgetPins(pins);
  return drafts;
}

/** Tokens of the same accounts. The server has made the new ones: they are stored all the same. */
function conflictsOf(vault: Vault, drafts: readonly NamedDraft[]): readonly Conflict[] {
  const { conflicts } = sortDrafts(vault, drafts, "kept");
  return conflicts.filter(({ named, entry }) => tokensRenewed(named, [entry]).length === 0);
}

function describeConflicts(
  conflicts: readonly Conflict[],
  stored: readonly StoredDraft[],
): string[] {
  return conflicts.flatMap(({ named, entry: { name } }) => {
    const token = stored.find((one) => one.named === named)?.token;
    return token
      ? [
          t`${token.name}: ${name} is a token of the same account; if it is used no longer: fob remove ${shellWord(name)}`,
        ]
      : [];
  });
}

async function storeAll(
  vault: Vault,
  drafts: readonly FetchedDraft[],
  { replace, mayBeThere, ...storing }: FetchedStoring,
  context: StoringContext,
): Promise<StoredDraft[]> {
  const there = mayBeThere ? findThere(vault, drafts, context) : [];
  const missing = drafts.filter((one) => !there.some(({ named }) => named === one));
  const fitting = fittingPins(missing);
  try {
    const stored = await storeDrafts(vault, missing, {
      ...storing,
      onKnown: replace ? "replace" : "keep",
      renews: true,
      ...{ now: context.clock(), processes: context.processes, look: async () => undefined },
      pinOf: pinsFor(fitting, context),
    });
    return [...there, ...stored];
  } finally {
    forgetPins(fitting);
    for (const { draft, chosen } of drafts) forget(draft.secret, chosen?.pin);
  }
}

/** Tokens that are stored already, under any name: a server never gives one secret twice. */
function findThere(
  vault: Vault,
  drafts: readonly FetchedDraft[],
  { processes }: StoringContext,
): StoredDraft[] {
  finishInterrupted(vault, processes);
  const entries = vault.entries();
  return drafts.flatMap((named) => {
    const { credential, secret } = named.draft;
    const fingerprint = fingerprintOf(secret, vault.vaultKey);
    const entry = entries.find(
      (one) => one.credential.kind === credential.kind && holdsSecret(vault, one.id, fingerprint),
    );
    return entry ? { token: vault.read(entry.id).token, named, goesOnAt: null } : [];
  });
}
