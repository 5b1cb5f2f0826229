import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptEachShown } from "#cli/attempts.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { sayingWhen } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { type Column, formatTable } from "#cli/output/table.ts";
import { LIST_ORDERS } from "#cli/settings/setting-definitions.ts";
import { chooseUnlessWrong } from "#cli/settings/settings.ts";
import { obstacleOf } from "#commands/code/free-tokens.ts";
import type { WatchContext } from "#commands/code/passcode-screen.ts";
import { type FewCodes, findFewCodes, warnOfFewCodes } from "#commands/few-codes.ts";
import { lookAtEach } from "#commands/listed-tokens.ts";
import { existingTokens } from "#commands/lookup.ts";
import { ACCESS } from "#token/access-domain.ts";
import { fold } from "#token/names.ts";
import { printable } from "#token/printable.ts";
import { hasTags } from "#token/tags.ts";
import type { Token } from "#token/token.ts";
import { codesLeft } from "#vault/belongings/codes-left.ts";
import type { Authenticator, TokenState } from "#vault/tokens/authenticator.ts";
import { LastUses, lastUses } from "#vault/tokens/last-uses.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";
import { hasNews, type IndexEntry } from "#vault/tokens/token-index.ts";
import { parseTags } from "./tag-values.ts";
import { sortedBy, type TokenOrder } from "./token-order.ts";
import { kindInWords, type TokenView, viewToken } from "./token-view.ts";

/** Which columns a narrow terminal leaves out, the first one first. */
const LEAVES = { kind: 1, lastUse: 2, tags: 3, state: 4 } as const;

interface ListedToken {
  readonly token: Token;
  readonly isWiped: boolean;
  /** Null where a passcode would use a counter up or needs a PIN. */
  readonly passcode: Passcode | null;
}

type CurrentToken = Pick<TokenState, "token" | "isGuarded" | "isWiped">;

/** A table, or passcodes that were watched until the person left. */
type Listing = Table | { readonly kind: "watched"; readonly firstFailure: FobError | null };

interface Table {
  readonly kind: "table";
  readonly tokens: readonly ListedToken[];
  readonly uses: LastUses;
  readonly total: number;
  readonly withCodes: boolean;
  readonly failures: readonly FobError[];
  /** The grant that opened them; null for the vault. */
  readonly grantLabel: string | null;
  /** The tokens of which few recovery codes are left. */
  readonly fewCodes: readonly FewCodes[];
}

type ListContext = WatchContext & Pick<Context, "findTokens" | "settings">;

/** `fob list`: the tokens, favourites then name order. */
export const list = defineCommand({
  name: "list",
  summary: "list the tokens",
  description: "PATTERN narrows the list to tokens whose name, issuer, account or tags contain it.",
  arguments: { pattern: optional("PATTERN", "part of a name, issuer, account or tag", "token") },
  options: {
    tag: value("TAG", "only tokens with this tag; with commas between: with all of them", "tag"),
    sort: value("ORDER", "name, used (the latest first) or added (list.sort: name)", LIST_ORDERS),
    codes: flag("add the passcodes of time-based tokens without a PIN"),
    watch: flag("with --codes: as time goes by, on a live screen"),
  },
  examples: [
    { command: "fob list", explanation: "every token, favourites first" },
    { command: "fob list --sort used", explanation: "those that were used last, first" },
    { command: "fob list --json | jq -r '.[].name'", explanation: "the names, for a script" },
  ],
  isPaged: true,
  async run({ pattern, codes, watch, tag, sort }, context: ListContext): Promise<Listing> {
    if (watch && !codes)
      throw new FobError("usage", t("--watch is for --codes: nothing else changes by itself"));
    const order = chooseUnlessWrong(context.settings, "list.sort", sort);
    const wanted: Wanted = { pattern: pattern ?? "", tags: parseTags(tag), order };
    if (watch) return watchListed(wanted, context);
    const store = await context.findTokens(codes ? "code" : null);
    const none = {
      kind: "table",
      tokens: [],
      total: 0,
      failures: [],
      grantLabel: null,
      fewCodes: [],
    } as const;
    if (!store) return { ...none, uses: new LastUses(), withCodes: codes };
    return listTokens(
      store,
      wanted,
      codes ? (token) => freePasscode(store, token, context) : null,
      context,
    );
  },
  text: formatListing,
  json(listing) {
    if (listing.kind === "watched") return undefined;
    return viewsOf(listing);
  },
  notes(listing) {
    if (listing.kind === "watched") return [];
    const { tokens, total, failures, fewCodes, grantLabel } = listing;
    if (total === 0 && grantLabel !== null)
      return [t`the tokens of the grant ${grantLabel} are gone`];
    if (total === 0) return [t("no tokens yet: `fob enroll` adds one")];
    if (tokens.length === 0 && failures.length === 0) return [t("no token matches")];
    return warnOfFewCodes(fewCodes);
  },
  failures: (listing) => (listing.kind === "watched" ? [] : listing.failures),
  exitCode: (listing) => (listing.kind === "watched" ? (listing.firstFailure?.exitCode ?? 0) : 0),
});

/** Which tokens are listed, and in which order. */
export interface Wanted {
  /** A part of their names, issuers, accounts or tags; empty for all. */
  readonly pattern: string;
  /** The tags that they all have. */
  readonly tags: readonly string[];
  readonly order: TokenOrder;
}

/** The tokens of a store that are wanted, and their passcodes where they are wanted. */
export async function listTokens(
  store: Authenticator,
  wanted: Wanted,
  passcodeOf: ((token: CurrentToken) => Promise<Passcode | null>) | null,
  context: Pick<Context, "sleep" | "look" | "progress">,
): Promise<Table> {
  const entries = await store.entries();
  const uses = lastUses(store);
  const chosen = sortedBy(
    wanted.order,
    () => uses,
  )(entries.filter((entry) => isWanted(entry, wanted)));
  // the index knows everything else but counters and wiped secrets: it is not written for those
  const isRead = (entry: IndexEntry) => passcodeOf !== null || hasNews(entry);
  const read = await lookAtEach(store, chosen.filter(isRead), context);
  const states = new Map(read.done.map((state) => [state.entry.id, state]));
  const listed = chosen.flatMap((entry) =>
    isRead(entry) ? currentToken(entry, states) : [listedToken(entry)],
  );
  const { done, failures } = passcodeOf
    ? await withPasscodes(listed, passcodeOf, context)
    : { done: listed.map((token) => ({ ...token, passcode: null })), failures: [] };
  return {
    kind: "table",
    tokens: done,
    uses,
    total: entries.length,
    withCodes: passcodeOf !== null,
    failures: [...read.failures, ...failures],
    grantLabel: store.grantLabel,
    fewCodes:
      store.grantLabel === null
        ? findFewCodes(
            listed.flatMap(({ token, isWiped }) => (isWiped ? [] : token)),
            codesLeft(store.layout),
          )
        : [],
  };
}

async function withPasscodes(
  listed: readonly (CurrentToken & { readonly name: string })[],
  passcodeOf: (token: CurrentToken) => Promise<Passcode | null>,
  context: Pick<Context, "look" | "progress">,
) {
  const bar = context.progress(listed.length, t("passcodes"));
  const view = async (current: CurrentToken) => {
    await context.look();
    return { ...current, passcode: current.isWiped ? null : await passcodeOf(current) };
  };
  return attemptEachShown(listed, view, bar);
}

function* viewsOf({
  tokens,
  uses,
  withCodes,
}: Table): Generator<TokenView & { readonly code?: string | null }> {
  for (const { token, isWiped, passcode } of tokens) {
    const view = viewToken(token, uses.of(token.id), isWiped);
    yield withCodes ? { ...view, code: passcode?.code ?? null } : view;
  }
}

async function watchListed(wanted: Wanted, context: ListContext): Promise<Listing> {
  const tokens = await existingTokens("code", context);
  const clearAfter = context.settings.choose("clipboard.clear-after");
  const { watchPasscodes } = await import("#commands/code/passcode-screen.ts");
  const sort = sortedBy(wanted.order, () => lastUses(tokens));
  const choose = async () =>
    sort((await tokens.entries()).filter((entry) => isWanted(entry, wanted)));
  return {
    kind: "watched",
    firstFailure: await watchPasscodes({ tokens, choose, isNamed: false, clearAfter }, context),
  };
}

function listedToken(token: IndexEntry): CurrentToken & Pick<Token, "name"> {
  return { name: token.name, token, isGuarded: token.pin === "user", isWiped: false };
}

/** A token as it is now, and whether it has a PIN; none for one that could not be read. */
function currentToken(entry: IndexEntry, states: ReadonlyMap<string, TokenState>) {
  const state = states.get(entry.id);
  if (!state) return [];
  const { credential, accessDomain, confirm } = state.token;
  const { isGuarded, isWiped } = state;
  return [
    {
      name: entry.name,
      token: { ...entry, credential, accessDomain, confirm },
      isGuarded,
      isWiped,
    },
  ];
}

async function freePasscode(
  store: Authenticator,
  { token, isGuarded }: CurrentToken,
  context: Pick<Context, "clock" | "pinPrompt">,
) {
  const using = { tokens: store, prompt: context.pinPrompt };
  if (obstacleOf(token, using, isGuarded) !== null) return null;
  return store.passcode(token.id, async () => context.clock(), context.pinPrompt, "listed");
}

function isWanted(entry: IndexEntry, { pattern, tags }: Wanted): boolean {
  return hasTags(entry, tags) && (pattern === "" || contains(entry, pattern));
}

function contains({ name, issuer, account, tags }: IndexEntry, pattern: string): boolean {
  return fold([name, issuer ?? "", account ?? "", ...tags].join("\n")).includes(fold(pattern));
}

function formatListing(listing: Listing, style: Style): string {
  if (listing.kind === "watched") return "";
  const columns: Column<ListedToken>[] = [
    [t("NAME"), ({ token }) => printable(token.name)],
    [t("ISSUER"), ({ token }) => printable(token.issuer ?? "-")],
    [t("ACCOUNT"), ({ token }) => printable(token.account ?? "-")],
    [t("KIND"), ({ token }) => kindInWords(token.credential.kind), LEAVES.kind],
    [t("STATE"), ({ token, isWiped }) => stateInWords(token, isWiped), LEAVES.state],
  ];
  if (listing.tokens.some(({ token }) => token.tags.length > 0))
    columns.push([t("TAGS"), ({ token }) => printable(token.tags.join(", ") || "-"), LEAVES.tags]);
  // scripts count columns, and find the times in --json
  if (style.columns !== null || style.isSpoken) columns.push(...usesColumn(listing));
  if (listing.withCodes) columns.push([t("PASSCODE"), ({ passcode }) => passcode?.code ?? "-"]);
  return formatTable(columns, listing.tokens, style);
}

/** When the tokens were last used; no column where none of them ever was. */
function usesColumn({ tokens, uses }: Table): readonly Column<ListedToken>[] {
  const known = new Map(tokens.map(({ token: { id } }) => [id, uses.of(id)]));
  if ([...known.values()].every((time) => time === null)) return [];
  const say = sayingWhen();
  const cell = ({ token }: ListedToken) => {
    const time = known.get(token.id);
    return time ? say(time) : "-";
  };
  return [[t("LAST USED"), cell, LEAVES.lastUse]];
}

function stateInWords(
  { favorite, pin, heldBy, accessDomain, confirm }: Token,
  isWiped: boolean,
): string {
  const words = [
    isWiped ? t("wiped") : null,
    favorite ? t("favorite") : null,
    pin === "none" ? null : pin === "user" ? t("PIN") : t("server PIN"),
    heldBy === null ? null : t("in the TPM"),
    accessDomain === ACCESS.full ? null : t`access ${accessDomain}`,
    confirm === "never" ? null : t`confirm ${confirm}`,
  ];
  return words.filter(Boolean).join(", ") || "-";
}
