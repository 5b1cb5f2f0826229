import type { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { HouseContext } from "#cli/context.ts";
import {
  type RaisedCounter,
  raiseCounters,
  takeUsedCodes,
} from "#commands/export/backup-counters.ts";
import { type TokenView, viewToken } from "#commands/tokens/token-view.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Credential } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import type { Vault } from "#vault/vault.ts";
import type { AddingWishes } from "./adding-wishes.ts";
import { checkName } from "./draft-names.ts";
import { askPins, forgetPins, pinsFor } from "./enrollment-pins.ts";
import { refuseTakenName } from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";
import { settleRenewals } from "./renewals.ts";
import { settleDrafts } from "./settle-drafts.ts";
import { storeDrafts } from "./store-drafts.ts";
import {
  type FetchedTokens,
  interruptedAfter,
  type NextFetched,
  storeFetched,
} from "./store-fetched.ts";

/** What came of drafts; nothing of it is secret. */
export interface Added {
  readonly stored: readonly AddedToken[];
  /** Why others were left out: their account is there with another secret. */
  readonly failures: readonly FobError[];
  /** The tokens that go on at the counter of a backup. */
  readonly raised: readonly RaisedCounter[];
  readonly notes: readonly string[];
  /**
   * What came from servers; null where none was to be asked. What has failed there keeps the drafts
   * from being stored.
   */
  readonly fetched: FetchedTokens | null;
}

/** A token that was stored. */
export interface AddedToken {
  /** The place of its draft. */
  readonly index: number;
  readonly view: TokenView;
  /**
   * The counter at which its passcodes go on, where the vault knew a higher one than the draft;
   * else null.
   */
  readonly goesOnAt: bigint | null;
}

/** What comes of drafts of which none was stored. */
export const NOTHING_ADDED: Omit<Added, "fetched"> = {
  stored: [],
  failures: [],
  raised: [],
  notes: [],
};

/** What adding needs of its surroundings; an agent has it, too. */
export type AddingContext = Pick<
  HouseContext,
  "clock" | "doLongWork" | "ensureVault" | "pinPrompt" | "processes" | "progress" | "prompt"
>;

/**
 * Adds drafts to the vault that this process opens, all of them or none: decides about accounts
 * that are enrolled already, asks for the PINs that issuers require, stores tokens from servers, if
 * any, and stores the drafts. Forgets their secrets. Throws FobError `usage` where `enroll` gets a
 * token that is enrolled already.
 */
export async function addHere(
  given: readonly NamedDraft[],
  wishes: AddingWishes,
  context: AddingContext,
  next: NextFetched | null = null,
): Promise<Added> {
  try {
    const vault = await context.ensureVault();
    const { drafts, replacing, refused, seen } = await settleDrafts(vault, given, wishes, context);
    if (refused.length > 0 && wishes.by === "enroll")
      return { ...NOTHING_ADDED, failures: refused, fetched: null };
    const pins = await askPins(drafts, wishes.pin, {
      pinPrompt: context.pinPrompt,
      isLast: next === null,
    });
    try {
      const fetched = next && (await addFetched(vault, next, wishes, context));
      if (fetched?.failure) return { ...NOTHING_ADDED, fetched };
      const notes: string[] = [];
      const bar = context.progress(drafts.length, t("tokens"));
      const storing = context.doLongWork(undoneAfter(fetched, wishes), (look) =>
        storeDrafts(vault, drafts, {
          onKnown: wishes.by !== "enroll" ? "skip" : wishes.replace ? "replace" : "refuse",
          replacing,
          seen,
          replacesNewcomers: wishes.replace,
          now: context.clock(),
          processes: context.processes,
          look,
          step: () => bar.step(),
          pinOf: pinsFor(pins, context),
          hold: wishes.hold ?? null,
          tellAside: (text) => void notes.push(text),
        }),
      );
      const stored = await storing.finally(() => bar.end());
      if (wishes.by === "restore") takeUsedCodes(vault, given);
      const places = new Map<EnrollmentDraft<Credential>, number>(
        given.map(({ draft }, index) => [draft, index]),
      );
      return {
        stored: stored.map(({ token, named, goesOnAt }) => ({
          index: places.get(named.draft) ?? 0,
          view: viewToken(token, null),
          goesOnAt,
        })),
        failures: refused,
        raised: wishes.by === "restore" ? raiseCounters(vault, given) : [],
        notes,
        fetched,
      };
    } finally {
      forgetPins(pins);
    }
  } finally {
    forgetSecrets(given);
  }
}

async function addFetched(
  vault: Vault,
  next: NextFetched,
  wishes: AddingWishes,
  context: AddingContext,
): Promise<FetchedTokens> {
  const { name, replace, hold = null } = wishes;
  if (name !== undefined && !replace) refuseTakenName(vault, checkName(name));
  await settleRenewals(vault, wishes, context);
  return storeFetched(vault, next, { replace, hold, mayBeThere: false }, context);
}

/** What is true when the drafts could not be stored. */
function undoneAfter(fetched: FetchedTokens | null, wishes: AddingWishes): string {
  if (!fetched || fetched.stored.length === 0) return nothingDone(wishes);
  return interruptedAfter(fetched.stored.map(({ view }) => view.name)).message;
}

/** Forgets the secrets of drafts. */
export function forgetSecrets(named: readonly NamedDraft[]): void {
  for (const { draft } of named) forget(draft.secret);
}

function nothingDone({ by }: AddingWishes): string {
  switch (by) {
    case "enroll":
      return t("interrupted: nothing was enrolled");
    case "import":
      return t("interrupted: nothing was imported");
    case "restore":
      return t("interrupted: nothing was restored");
  }
}
