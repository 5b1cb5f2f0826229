import { plural, t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { counterOf, joinCounters, raiseCounter } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import { FreeNames, fold } from "#token/names.ts";
import type { Holding, Token } from "#token/token.ts";
import { describeStaying } from "#vault/belongings/carrying.ts";
import {
  type KnownCodes,
  knownCodes,
  NOTHING_KNOWN,
  withCodesGiven,
} from "#vault/belongings/codes-given.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { addTokens } from "#vault/tokens/adding.ts";
import type { Processes } from "#vault/tokens/batch.ts";
import { finishInterrupted } from "#vault/tokens/interrupted.ts";
import { countingKey, highestCounters } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { fingerprintOf, type NewPin, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import {
  carryOver,
  describeFreed,
  describeGrantsOf,
  forgetCarried,
  openReplaced,
  settingsOf,
} from "./carry-over.ts";
import { givenElsewhereOf, secretsWithCodes } from "./codes-of-drafts.ts";
import {
  enrollOptions,
  findSame,
  type KnownTokens,
  knownTokens,
  lacksPin,
  refusal,
  refuseKnown,
  sameList,
  tokensOfAccount,
} from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";
import { tokensRenewed } from "./renewals.ts";

/** A draft and the token that came of it. */
export interface StoredDraft {
  readonly token: Token;
  readonly named: NamedDraft;
  /**
   * The counter at which its passcodes go on, where the vault knew a higher one than the draft;
   * else null.
   */
  readonly goesOnAt: bigint | null;
}

/**
 * What to do with a draft whose token is enrolled already: refuse all drafts, replace the token, or
 * skip the draft; "keep" stores it without a check, under a free name.
 */
export type OnKnown = "refuse" | "replace" | "skip" | "keep";

/** How drafts are stored. */
export interface Storing {
  readonly onKnown: OnKnown;
  /** Drafts that replace every token of their account, whatever `onKnown` is. */
  readonly replacing?: ReadonlySet<NamedDraft>;
  /**
   * The tokens in the vault when the user decided about the drafts; tokens that were added later
   * were not considered. Absent where nothing was decided.
   */
  readonly seen?: readonly IndexEntry[];
  /**
   * Whether drafts take the place of tokens of their account that have come since, with another
   * secret. Without it, they are left out where `onKnown` is `skip`.
   */
  readonly replacesNewcomers?: boolean;
  /**
   * Whether servers have just made the drafts, which take the place of those they had made before.
   */
  readonly renews?: boolean;
  readonly now: Date;
  readonly processes: Processes;
  readonly look: Look;
  /** The chip that holds the secrets; null for the vault. */
  readonly hold?: Holding | null;
  /** Called after each token that was written. */
  readonly step?: () => void;
  /** The PIN that a draft's token gets before it is stored; absent where none was chosen. */
  readonly pinOf?: PinOf;
  /** Receives messages about what stays with replaced tokens, and those that could not be read. */
  tellAside?(text: string): void;
}

/** The PIN chosen for a draft's token, or null. */
export type PinOf = (named: NamedDraft) => NewPin | null;

/**
 * Stores drafts as tokens, all of them or none. A replaced token can be restored; its settings,
 * tags, note and recovery codes go on with the new one. An event-based token continues at the
 * highest counter that the vault has for its secret, and recovery codes that the vault has given of
 * it stay used. Throws FobError `usage` when a token is enrolled already or its chosen name is
 * taken and `onKnown` is `refuse`, before anything is stored. Returns the new tokens, and those
 * that got the PIN that they lacked.
 */
export async function storeDrafts(
  vault: Vault,
  named: readonly NamedDraft[],
  storing: Storing,
): Promise<StoredDraft[]> {
  const { now, processes, look, pinOf = () => null, tellAside = () => undefined } = storing;
  finishInterrupted(vault, processes);
  const entries = vault.entries();
  const known = knownTokens(entries);
  const looked = await lookAtDrafts(vault, named, known, storing);
  const { unfinished, keys } = looked;
  refuseEnrolled(vault, looked.fresh, known, storing);
  const newcomers = knownTokens(cameSince(storing.seen ?? entries, entries));
  const fresh = leaveOutSettled(vault, looked.fresh, newcomers, storing);
  const renewed = (one: NamedDraft) => (storing.renews ? tokensRenewed(one, entries) : []);
  const twin = (one: NamedDraft) => (isReplacing(one, storing) ? sameList(vault, one, known) : []);
  const replaced = fresh.map((one) => [
    ...new Set([...findReplaced(one, known, newcomers, storing), ...renewed(one), ...twin(one)]),
  ]);
  const gone = new Set(replaced.flat().map(({ id }) => id));
  const free = new FreeNames(entries.flatMap(({ id, name }) => (gone.has(id) ? [] : fold(name))));
  const counters = await highestCounters(vault, new Set(keys.values()), look);
  const withCodes = secretsWithCodes(vault, fresh);
  const codes = await knownCodes(vault, withCodes, look);
  const codesOf = ({ draft }: NamedDraft) =>
    codes.get(fingerprintOf(draft.secret, vault.vaultKey)) ?? NOTHING_KNOWN;
  const elsewhere = await givenElsewhereOf(vault, fresh, { now, gone });
  const replacing = fresh.map((one, i) => ({ named: one, replaced: replaced[i] ?? [] }));
  const goesOn = fresh.map((one) => higherCounter(one, counters.get(keys.get(one) ?? "")));
  const carried = await openReplaced(vault, replacing, look);
  try {
    let late: readonly IndexEntry[] = [];
    let left: readonly string[] = [];
    const newTokens = replacing.map(({ named: one, replaced: before }, i) => ({
      ...one.past,
      name: nameFor(one, before, free),
      issuer: one.draft.issuer,
      account: one.draft.account,
      serial: one.draft.serial,
      format: one.draft.format,
      credential: raiseCounter(one.draft.credential, goesOn[i] ?? 0n),
      pin: one.draft.pin?.type === "server" ? ("server" as const) : ("none" as const),
      ...(one.draft.pin?.type === "server" ? { pinOrder: one.draft.pin.order } : {}),
      secret: one.draft.secret,
      guard: pinOf(one),
      hold: storing.hold ?? null,
      note: carried[i]?.note ?? null,
      recoveryCodes: withCodesGiven(
        one.draft.recoveryCodes ?? [],
        one.draft,
        codesOf(one),
        elsewhere(one),
      ),
      ...settingsOf({ named: one, replaced: before }),
    }));
    const tokens = await addTokens(vault, newTokens, {
      now,
      processes,
      look,
      ...(storing.step && { step: storing.step }),
      replaced: [...gone],
      tellAside: (id, folder) =>
        tellAside(describeAside(entries.find((entry) => entry.id === id)?.name ?? id, folder)),
      seen: entries,
      settleMeanwhile: (meanwhile, all) => {
        const newer = knownTokens(meanwhile);
        refuseEnrolled(vault, fresh, newer, storing);
        const leftOut = knownMeanwhile(vault, fresh, newer, storing);
        const rest = fresh.filter((_, i) => !leftOut.has(i));
        const there = knownTokens(all);
        const further = rest.flatMap((one) => findReplaced(one, there, newer, storing));
        late = further.filter(({ id }) => !gone.has(id));
        return { leftOut, replaced: further.map(({ id }) => id) };
      },
      handOver: (listed, batch) => {
        left = carryOver(vault, listed, replacing, carried, batch);
      },
    });
    for (const text of left) tellAside(text);
    for (const text of replacing.flatMap((one, i) => describeFreed(tokens[i], one)))
      tellAside(text);
    for (const text of fresh.flatMap((one, i) => {
      const kept = newTokens[i]?.recoveryCodes.length ?? 0;
      return describeOld(tokens[i], (one.draft.recoveryCodes?.length ?? 0) - kept, codesOf(one));
    }))
      tellAside(text);
    const replacedNow = replacing.flatMap((one, i) => (tokens[i] ? one.replaced : []));
    for (const text of describeGrantsOf(vault, [...replacedNow, ...late], now)) tellAside(text);
    for (const text of late.flatMap((entry) => describeStaying(vault, entry))) tellAside(text);
    const stored = fresh.flatMap((one, i) =>
      tokens[i] ? [{ token: tokens[i], named: one, goesOnAt: goesOn[i] ?? null }] : [],
    );
    return [...stored, ...(await finishGuards(vault, unfinished, pinOf))];
  } finally {
    forgetCarried(carried);
  }
}

/** Messages about tokens whose counters were known in the vault. */
export function describeCounters(
  stored: readonly {
    readonly view: { readonly name: string; readonly kind: string };
    readonly goesOnAt: bigint | null;
  }[],
): string[] {
  return stored.flatMap(({ view: { name, kind }, goesOnAt }) => {
    if (goesOnAt === null) return [];
    return kind === "list"
      ? t`${name} was in this vault before: what was given of it stays given`
      : t`${name} was in this vault before: it goes on at the counter ${goesOnAt}`;
  });
}

function describeAside(name: string, folder: string): string {
  return t`${name} could not be read, and cannot be restored: ${folder} keeps its files`;
}

function isReplacing(
  one: NamedDraft,
  { onKnown, replacing }: Pick<Storing, "onKnown" | "replacing">,
): boolean {
  return onKnown === "replace" || replacing?.has(one) === true;
}

function nameFor(
  { name, isChosen, draft }: NamedDraft,
  replaced: readonly IndexEntry[],
  free: FreeNames,
): string {
  return isChosen ? name : (nameOfReplaced(name, replaced) ?? distinctName(name, draft, free));
}

/**
 * A token that is there without the PIN that its issuer demands, because the command that stored it
 * was cut off.
 */
interface Unfinished {
  readonly named: NamedDraft;
  readonly entry: IndexEntry;
}

/**
 * The drafts to store, those that are stored already but lack the PIN that their issuer requires,
 * and the fingerprints of the secrets.
 */
async function lookAtDrafts(
  vault: Vault,
  named: readonly NamedDraft[],
  known: KnownTokens,
  storing: Storing,
) {
  const fresh: NamedDraft[] = [];
  const unfinished: Unfinished[] = [];
  const keys = new Map<NamedDraft, string>();
  for (const one of named) {
    await storing.look();
    const { credential, secret } = one.draft;
    if (counterOf(credential) !== null)
      keys.set(one, countingKey(fingerprintOf(secret, vault.vaultKey), credential));
    const isStored = storing.onKnown === "keep" || isReplacing(one, storing);
    const same = isStored ? null : findSame(vault, one, known);
    if (same && lacksPin(same, one)) unfinished.push({ named: one, entry: same });
    else if (!same || storing.onKnown === "refuse") fresh.push(one);
  }
  return { fresh, unfinished, keys };
}

async function finishGuards(
  vault: Vault,
  unfinished: readonly Unfinished[],
  pinOf: PinOf,
): Promise<StoredDraft[]> {
  for (const { named, entry } of unfinished) {
    const pin = pinOf(named);
    const record = vault.read(entry.id);
    if (pin && !record.guard)
      await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), pin);
  }
  return unfinished.map(({ named, entry }) => ({
    token: vault.read(entry.id).token,
    named,
    goesOnAt: null,
  }));
}

/** The vault's counter for a draft's secret, where it is higher than the draft's own; else null. */
function higherCounter(
  { draft: { credential } }: NamedDraft,
  known: bigint | undefined,
): bigint | null {
  const own = counterOf(credential);
  if (own === null || known === undefined) return null;
  const joined = joinCounters(credential.kind, own, known);
  return joined === own ? null : joined;
}

/** A message about codes that a token was not given, and where the list is that counts. */
function describeOld(
  token: Token | null | undefined,
  count: number,
  { replaced }: KnownCodes,
): string[] {
  if (!token || count === 0) return [];
  const tokens = [...new Set(replaced.map(({ token: id }) => id))].join(", ");
  return [
    t`${token.name}: ${plural(count, "recovery code")} left out, because another list has replaced them (at the token ${tokens})`,
  ];
}

/** The drafts without those that {@link knownMeanwhile} names since all of them were settled. */
function leaveOutSettled(
  vault: Vault,
  named: readonly NamedDraft[],
  newcomers: KnownTokens,
  storing: Storing,
): readonly NamedDraft[] {
  const out = knownMeanwhile(vault, named, newcomers, storing);
  return named.filter((_, i) => !out.has(i));
}

/**
 * The positions of drafts whose tokens, or others of their accounts, another process has stored
 * meanwhile, and that are skipped therefore.
 */
function knownMeanwhile(
  vault: Vault,
  named: readonly NamedDraft[],
  known: KnownTokens,
  storing: Storing,
): ReadonlySet<number> {
  const isThere = (one: NamedDraft) =>
    !isReplacing(one, storing) &&
    (findSame(vault, one, known) !== null ||
      (!storing.replacesNewcomers && tokensOfAccount(one, known).length > 0));
  return new Set(
    storing.onKnown === "skip" ? named.flatMap((one, i) => (isThere(one) ? i : [])) : [],
  );
}

/**
 * Throws as {@link refuseKnown} does, and FobError `usage` for an account with another secret: the
 * user chose a name for it, or another process has enrolled it meanwhile.
 */
function refuseEnrolled(
  vault: Vault,
  named: readonly NamedDraft[],
  known: KnownTokens,
  storing: Storing,
): void {
  const refusable =
    storing.onKnown === "refuse" ? named.filter((one) => !isReplacing(one, storing)) : [];
  refuseKnown(vault, refusable, known);
  for (const one of refusable) {
    const [entry] = one.isChosen ? [] : tokensOfAccount(one, known);
    if (entry) throw refusal({ named: one, entry }, enrollOptions());
  }
}

/** The name of a replaced token, of several the one that the draft would have. */
function nameOfReplaced(name: string, replaced: readonly IndexEntry[]): string | null {
  const namesake = replaced.find((entry) => fold(entry.name) === fold(name));
  return (namesake ?? replaced[0])?.name ?? null;
}

/** A second token of an issuer is named by its account rather than by a number. */
function distinctName(
  name: string,
  { issuer, account }: EnrollmentDraft<Credential>,
  names: FreeNames,
): string {
  return names.next(
    names.has(name) && name === issuer && account !== null ? `${issuer}:${account}` : name,
  );
}

function cameSince(
  seen: readonly IndexEntry[],
  entries: readonly IndexEntry[],
): readonly IndexEntry[] {
  const ids = new Set(seen.map(({ id }) => id));
  return entries.filter(({ id }) => !ids.has(id));
}

/**
 * The tokens that a draft replaces: all of its account, and the token with the draft's name, if the
 * user chose that name or no other token has it. `newcomers` are tokens about which nothing was
 * decided.
 */
function findReplaced(
  named: NamedDraft,
  known: KnownTokens,
  newcomers: KnownTokens,
  storing: Storing,
): readonly IndexEntry[] {
  if (!isReplacing(named, storing))
    return storing.replacesNewcomers ? tokensOfAccount(named, newcomers) : [];
  const own = tokensOfAccount(named, known);
  const namesake =
    named.isChosen || own.length === 0 ? known.byName.get(fold(named.name)) : undefined;
  return namesake && !own.includes(namesake) ? [...own, namesake] : own;
}
