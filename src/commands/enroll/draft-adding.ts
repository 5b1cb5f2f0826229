import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { flag, required, value } from "#cli/command.ts";
import type { Context, HouseContext } from "#cli/context.ts";
import { type RaisedCounter, raiseCounters } from "#commands/export/backup-counters.ts";
import { type TokenView, viewToken } from "#commands/tokens/token-view.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Credential } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import { finishInterrupted } from "#vault/tokens/interrupted.ts";
import { removedIds } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { type Settled, settleConflicts, settleFile, settleRepeated } from "./account-conflicts.ts";
import { draftParts, readDraftParts } from "./draft-parts.ts";
import { askPins, forgetPins, pinsFor } from "./enrollment-pins.ts";
import { checkName, refuseKnown, refuseTakenName, storeDrafts } from "./enrollment-storing.ts";
import {
  type FetchedTokens,
  type NextFetched,
  nameStored,
  storeFetched,
} from "./fetched-storing.ts";
import { enrollOptions, sortDrafts } from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";
import type { ServerEnrollments } from "./online-enrollment.ts";

/** Which command adds the drafts, and what its options say. */
export interface AddingWishes {
  readonly by: AddingCommand;
  /** The name that a person gave, who so knows that it is another token. */
  readonly name?: string | undefined;
  /** Whether every token gets a PIN. */
  readonly pin: boolean;
  readonly replace: boolean;
  readonly keepBoth: boolean;
}

type AddingCommand = "enroll" | "import" | "restore";

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

/**
 * Adds drafts to the vault, and before them what servers make: by the agent that holds it, so that
 * nobody is asked for the app PIN, else here. The servers are asked here, when nothing else is left
 * to ask. Their secrets are forgotten.
 */
export async function addDrafts(
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: Context,
  servers: ServerEnrollments | null = null,
): Promise<Added> {
  try {
    const added =
      (await addByAgent(named, wishes, context, servers)) ??
      (await addHere(named, wishes, context, servers && (() => servers.next())));
    if (added.fetched) servers?.conclude(added.fetched);
    return added;
  } finally {
    forgetSecrets(named);
    servers?.forget();
  }
}

async function addByAgent(
  named: readonly NamedDraft[],
  { by, name, pin, replace, keepBoth }: AddingWishes,
  context: Context,
  servers: ServerEnrollments | null,
): Promise<Added | null> {
  const parts = draftParts(named);
  if (!parts) return null;
  const left = tellAgent(parts, servers);
  const input = { by, pin, replace, keepBoth, ...(name === undefined ? {} : { name }) };
  try {
    const delegated = await context.delegate(servers ? "add with servers" : "add", input, {
      readInput: async () => (await left.next()).value ?? "",
    });
    return delegated && (delegated.result as Added);
  } catch (error) {
    const isOver = error instanceof FobError && servers !== null && servers.fetched.length > 0;
    if (!isOver) throw error;
    return { ...NOTHING, fetched: await rescue(servers, { replace, failure: error }, context) };
  }
}

const NOTHING: Omit<Added, "fetched"> = { stored: [], failures: [], raised: [], notes: [] };

/**
 * What the agent reads: the parts of drafts, and behind them what servers make; each ends with an
 * empty part.
 */
async function* tellAgent(
  parts: readonly string[],
  servers: ServerEnrollments | null,
): AsyncGenerator<string, void> {
  yield* parts;
  yield "";
  for (let fetched = await servers?.next(); fetched; fetched = await servers?.next()) {
    const made = draftParts(fetched);
    if (!made) throw new FobError("usage", t("the request holds too many tokens"));
    yield* made;
    yield "";
  }
  yield "";
}

/**
 * Stores here what servers have made, because the agent has gone before it said that it did. Throws
 * FobError as opening the vault does.
 */
async function rescue(
  servers: ServerEnrollments,
  { replace, failure }: { readonly replace: boolean; readonly failure: FobError },
  context: Context,
): Promise<FetchedTokens> {
  const names = servers.fetched.map(({ name }) => name);
  const unstored = servers.unstored;
  if (unstored.length === 0)
    return { stored: [], withoutPin: [], notes: [], failure: nameStored(failure, names) };
  const left = [unstored].values();
  const next = async () => {
    const { value } = left.next();
    if (value) return value;
    throw failure;
  };
  context.tell(t`${failure.message}: what the server has made is stored without it`);
  const vault = await context.ensureVault().catch((error: unknown) => {
    throw error instanceof FobError ? lost(unstored, error) : error;
  });
  return storeFetched(vault, next, { replace, mayBeThere: true }, context);
}

function lost(unstored: readonly NamedDraft[], { code, message }: FobError): FobError {
  const names = unstored.map(({ name }) => name).join(", ");
  return new FobError(
    code,
    t`${names}: its server has made it, and it could not be stored (${message})`,
    {
      hint: t("ask the issuer for another enrollment string"),
    },
  );
}

const ADDING_OPTIONS = {
  name: value("NAME", "the name that a person gave"),
  pin: flag("every token gets a PIN"),
  replace: flag("replace what is there"),
  keepBoth: flag("keep both"),
};

const BY = { by: required("COMMAND", "the command that adds them") };

/** What an agent is asked for. */
type AddingInput = Omit<AddingWishes, "by"> & { readonly by: string };

/** How an agent adds the drafts that it gets. */
export const addition = {
  arguments: BY,
  options: ADDING_OPTIONS,
  async run(input: AddingInput, context: HouseContext): Promise<Added> {
    const wishes = wishesIn(input);
    return addHere(await readDraftParts(() => context.readInput()), wishes, context);
  },
};

/** How an agent adds the drafts that it gets, and before them what servers give its client. */
export const additionWithServers = {
  arguments: BY,
  options: ADDING_OPTIONS,
  async run(input: AddingInput, context: HouseContext): Promise<Added> {
    const wishes = wishesIn(input);
    const read = () => readDraftParts(() => context.readInput());
    const next = async () => {
      const fetched = await read();
      return fetched.length === 0
        ? null
        : fetched.map((one) => ({ ...one, chosen: one.chosen ?? null }));
    };
    return addHere(await read(), wishes, context, next);
  },
};

function wishesIn({ by, ...wishes }: AddingInput): AddingWishes {
  if (!isAddingCommand(by))
    throw new FobError("usage", t`the request has a wrong ${JSON.stringify("by")}`);
  return { ...wishes, by };
}

function isAddingCommand(text: string): text is AddingCommand {
  return ["enroll", "import", "restore"].includes(text);
}

/**
 * Adds drafts to the vault that this process opens, all of them or none: settles what becomes of
 * accounts that are there, asks for the PINs that issuers demand, stores what servers make, if any,
 * and stores the drafts. Their secrets are forgotten. Throws FobError `usage` where `enroll` is
 * given what is there already.
 */
async function addHere(
  given: readonly NamedDraft[],
  wishes: AddingWishes,
  context: HouseContext,
  next: NextFetched | null = null,
): Promise<Added> {
  try {
    const vault = await context.ensureVault();
    const { drafts, replacing, refused } = await settle(vault, given, wishes, context);
    if (refused.length > 0 && wishes.by === "enroll")
      return { ...NOTHING, failures: refused, fetched: null };
    const pins = await askPins(drafts, wishes.pin, {
      pinPrompt: context.pinPrompt,
      isLast: next === null,
    });
    try {
      const fetched = next && (await addFetched(vault, next, wishes, context));
      if (fetched?.failure) return { ...NOTHING, fetched };
      const notes: string[] = [];
      const stored = await context.doLongWork(undoneAfter(fetched, wishes), (look) =>
        storeDrafts(vault, drafts, {
          onKnown: wishes.by !== "enroll" ? "skip" : wishes.replace ? "replace" : "refuse",
          ...{ replacing, now: context.clock(), processes: context.processes, look },
          pinOf: pinsFor(pins, context),
          tellAside: (text) => void notes.push(text),
        }),
      );
      const places = new Map<EnrollmentDraft<Credential>, number>(
        given.map(({ draft }, index) => [draft, index]),
      );
      return {
        stored: stored.map(({ token, named, goesOnAt }) => ({
          ...{ index: places.get(named.draft) ?? 0, view: viewToken(token, null), goesOnAt },
        })),
        failures: refused,
        raised: wishes.by === "restore" ? raiseCounters(vault, given) : [],
        ...{ notes, fetched },
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
  { name, replace }: AddingWishes,
  context: HouseContext,
): Promise<FetchedTokens> {
  if (name !== undefined && !replace) refuseTakenName(vault, checkName(name));
  return storeFetched(vault, next, { replace, mayBeThere: false }, context);
}

/** What is true when the drafts could not be stored. */
function undoneAfter(fetched: FetchedTokens | null, wishes: AddingWishes): string {
  if (!fetched || fetched.stored.length === 0) return nothingDone(wishes);
  const names = fetched.stored.map(({ view }) => view.name).join(", ");
  return t`interrupted: what came from servers is enrolled (${names}), and nothing else`;
}

function forgetSecrets(named: readonly NamedDraft[]): void {
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

/** What is to be stored, and what of it replaces others. */
async function settle(
  vault: Vault,
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: HouseContext,
): Promise<Settled> {
  if (wishes.by === "enroll") return settleEnrollment(vault, named, wishes, context);
  finishInterrupted(vault, context.processes);
  // a backup has what was beside each other in a vault
  return wishes.by === "restore"
    ? settleFile(vault, missing(vault, named), wishes, "kept", context)
    : settleFile(vault, named, wishes, "refused", context);
}

/**
 * The tokens of a backup that are not there. One that was removed keeps its id for when it is
 * restored, and its backup becomes another one.
 */
function missing(vault: Vault, named: readonly NamedDraft[]): NamedDraft[] {
  const known = new Set(vault.entries().map(({ id }) => id));
  const removed = new Set(removedIds(vault));
  return named
    .filter(({ past }) => past?.id === undefined || !known.has(past.id))
    .map((one) =>
      one.past?.id !== undefined && removed.has(one.past.id) ? withoutId(one, one.past) : one,
    );
}

function withoutId(
  one: NamedDraft,
  { id: _, ...past }: NonNullable<NamedDraft["past"]>,
): NamedDraft {
  return { ...one, past };
}

/** Throws FobError `usage` where one is enrolled already, unless somebody wants it all the same. */
async function settleEnrollment(
  vault: Vault,
  named: readonly NamedDraft[],
  { name, replace }: AddingWishes,
  context: HouseContext,
): Promise<Settled> {
  finishInterrupted(vault, context.processes);
  if (!replace) refuseKnown(vault, named);
  // whoever names it knows that it is another one
  if (name !== undefined) return { drafts: named, replacing: new Set(), refused: [] };
  const { fresh, conflicts, repeated } = sortDrafts(vault, named, "refused");
  const others = await settleRepeated(
    vault,
    repeated,
    { keepBoth: false, options: oneByOne() },
    context,
  );
  if (replace) {
    const refused = new Set(repeated.map((one) => one.named));
    const drafts = [...named.filter((one) => !refused.has(one)), ...others.drafts];
    return { drafts, replacing: new Set(), refused: others.refused };
  }
  const wishes = { replace: false, keepBoth: false, options: enrollOptions() };
  const { drafts, replacing, refused } = await settleConflicts(vault, conflicts, wishes, context);
  return {
    drafts: [...fresh, ...drafts, ...others.drafts],
    replacing,
    refused: [...refused, ...others.refused],
  };
}

function oneByOne(): string {
  return t("enroll them one by one, the second with --name NAME to keep both");
}
