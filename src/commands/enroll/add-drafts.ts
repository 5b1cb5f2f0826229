import { whenEnding } from "#base/ending.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Holding } from "#token/token.ts";
import {
  type Added,
  type AddingContext,
  addHere,
  forgetSecrets,
  NOTHING_ADDED,
} from "./add-here.ts";
import type { AddingWishes } from "./adding-wishes.ts";
import { draftParts } from "./draft-parts.ts";
import type { NamedDraft } from "./named-draft.ts";
import type { ServerEnrollments } from "./server-enrollments.ts";
import { type FetchedTokens, interruptedAfter, nameStored, storeFetched } from "./store-fetched.ts";

/** What adding drafts needs where an agent may do it. */
export type ClientContext = AddingContext & Pick<Context, "complain" | "delegate" | "tell">;

/**
 * Adds tokens from servers and then drafts to the vault: in the agent that holds it, so that the
 * app PIN is not asked for, else in this process. This process sends the requests to servers, after
 * all questions. Forgets the secrets.
 */
export async function addDrafts(
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: ClientContext,
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
  { by, name, pin, replace, keepBoth, hold, online = [] }: AddingWishes,
  context: ClientContext,
  servers: ServerEnrollments | null,
): Promise<Added | null> {
  const parts = draftParts(named);
  if (!parts) return null;
  const left = tellAgent(parts, servers, context);
  const input = {
    ...{ by, pin, replace, keepBoth },
    ...(name === undefined ? {} : { name }),
    ...(hold && { hold: hold.by, ...(hold.counts && { counter: hold.by }) }),
    ...(online.length === 0 ? {} : { online: [...online] }),
  };
  try {
    const delegated = await context.delegate(servers ? "add with servers" : "add", input, {
      readInput: async () => (await left.next()).value ?? "",
    });
    return delegated && (delegated.result as Added);
  } catch (error) {
    const isOver = error instanceof FobError && servers !== null && servers.fetched.length > 0;
    if (!isOver) throw error;
    return {
      ...NOTHING_ADDED,
      fetched: await rescue(servers, { replace, hold: hold ?? null, failure: error }, context),
    };
  }
}

/**
 * What the agent reads: the parts of drafts, and behind them what servers make; each ends with an
 * empty part.
 */
async function* tellAgent(
  parts: readonly string[],
  servers: ServerEnrollments | null,
  context: ClientContext,
): AsyncGenerator<string, void> {
  yield* parts;
  yield "";
  for (let fetched = await servers?.next(); fetched; fetched = await nextOf(servers, context)) {
    const made = draftParts(fetched);
    if (!made) throw new FobError("usage", t("the request holds too many tokens"));
    yield* made;
    yield "";
  }
  yield "";
}

/**
 * The tokens of the next server. A signal during a request ends this process: the agent has stored
 * the tokens before, and the user is told so.
 */
async function nextOf(servers: ServerEnrollments | null, { complain }: ClientContext) {
  const names = servers?.fetched.map(({ name }) => name) ?? [];
  const done = whenEnding(() => complain(interruptedAfter(names)));
  try {
    return await servers?.next();
  } finally {
    done();
  }
}

/**
 * Stores tokens from servers in this process, because the agent ended before it confirmed them.
 * Throws FobError as opening the vault does.
 */
async function rescue(
  servers: ServerEnrollments,
  {
    replace,
    hold,
    failure,
  }: { readonly replace: boolean; readonly hold: Holding | null; readonly failure: FobError },
  context: ClientContext,
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
  return storeFetched(vault, next, { replace, hold, mayBeThere: true }, context);
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
