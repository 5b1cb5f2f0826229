import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { MAX_CODES, type RecoveryCode } from "#token/code-list.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { batchesFolder } from "#vault/cells/layout.ts";
import { belongingOf, readBelonging, type TokenPlace, updateBelonging } from "./belongings-cell.ts";
import { codesLeft, noteCodesLeft, noteCodesLeftQuietly } from "./codes-left.ts";

/** One recovery code of a token. */
export interface StoredCode {
  /** Tells it from the others, under the key of the token's belongings: equal codes have one. */
  readonly id: string;
  /** The code, sealed under that key, in Base64. */
  readonly sealed: string;
  /** When it was given, as ISO 8601 text; null for one that is left. */
  readonly usedAt: string | null;
  /** What {@link originOf} the code was before, where it comes from a token that was replaced. */
  readonly from?: string;
  /** For one that counts as given only because another token has it now. */
  readonly wentOn?: true;
}

/** All recovery codes of a token, in their order. */
export interface StoredCodes {
  readonly codes: readonly StoredCode[];
  /**
   * Codes of lists that others have replaced, and those that another token has now. Should given
   * ones come again, they stay given; should an older copy of the token bring them, they are old.
   */
  readonly former?: readonly StoredCode[];
  /** The batch that hands them over to another token: while it lasts, none is given. */
  readonly handedBy?: string;
}

/** How many recovery codes a token has, and how many of them are left. */
export interface CodeCount {
  readonly total: number;
  readonly left: number;
}

/** A code that was taken, and how many are left. */
export interface TakenCode extends CodeCount {
  readonly code: string;
}

const PLACE = "fob recovery code";

/** So many codes of replaced lists are remembered. */
const MAX_FORMER = 2 * MAX_CODES;

/** As many codes or fewer are a reason for a warning. */
export const FEW_CODES = 2;

/** The recovery codes of a token, sealed. */
export function codesOf(place: TokenPlace, id: string): readonly StoredCode[] {
  return storedCodesOf(place, id).codes;
}

function storedCodesOf(place: TokenPlace, id: string): StoredCodes {
  return readBelonging<StoredCodes>(belongingOf(place, id, "codes")) ?? { codes: [] };
}

/** The recovery codes that a token has given, and those of lists that others have replaced. */
export function givenCodesOf(place: TokenPlace, id: string): readonly StoredCode[] {
  const { codes, former = [] } = storedCodesOf(place, id);
  return [...codes, ...former].filter(({ usedAt }) => usedAt !== null);
}

/** The codes that a token has, and those that it has given itself. */
export function ownCodesOf(place: TokenPlace, id: string): readonly StoredCode[] {
  return [...codesOf(place, id), ...givenItselfBy(place, id)];
}

/** {@link givenCodesOf} without those that count as given only because another token has them. */
export function givenItselfBy(place: TokenPlace, id: string): readonly StoredCode[] {
  return givenCodesOf(place, id).filter(({ wentOn }) => !wentOn);
}

/** The ids of a token's codes that were left when another list took their place. */
export function replacedCodesOf(place: TokenPlace, id: string): readonly string[] {
  const { former = [] } = storedCodesOf(place, id);
  return former.filter((code) => !isGiven(code)).map((code) => code.id);
}

/** The ids of the codes that a token has, and of those of lists that others have replaced. */
export function knownCodeIds(place: TokenPlace, id: string): ReadonlySet<string> {
  const { codes, former = [] } = storedCodesOf(place, id);
  return new Set([...codes, ...former].map((code) => code.id));
}

/** How many recovery codes a token has; null where it never had one. */
export function countCodes(place: TokenPlace, id: string): CodeCount | null {
  const stored = readBelonging<StoredCodes>(belongingOf(place, id, "codes"));
  return stored && stored.codes.length > 0 ? countOf(stored.codes) : null;
}

/** The {@link StoredCode.id} of a code under the key of a token's belongings. */
export function codeId(code: string, key: Secret): string {
  return createHmac("sha256", key).update(PLACE).update(code).digest("base64").slice(0, 16);
}

/** Seals codes under the key of a token's belongings; of equal ones the first. */
export function sealCodes(codes: readonly RecoveryCode[], key: Secret): readonly StoredCode[] {
  const sealed = codes.map(({ code, usedAt }) => ({
    id: codeId(code, key),
    sealed: encrypt(key, Buffer.from(code), PLACE).toString("base64"),
    usedAt,
  }));
  return [...new Map([...sealed].reverse().map((code) => [code.id, code])).values()].reverse();
}

/** Seals codes of one token under the key of another one, which takes them over. */
export function resealCodes(
  { codes, former = [] }: StoredCodes,
  { from, to }: { readonly from: Secret; readonly to: Secret },
): Required<Pick<StoredCodes, "codes" | "former">> {
  const reseal = (before: StoredCode): StoredCode => {
    const { usedAt } = before;
    const [code] = sealCodes([{ code: openCode(before, from), usedAt }], to);
    return !code || code.id === before.id ? before : { ...code, from: originOf(before) };
  };
  return { codes: codes.map(reseal), former: former.map(reseal) };
}

/** The {@link StoredCode.id} that a code of one token has under the key of another one. */
export function resealedId(
  code: StoredCode,
  { from, to }: { readonly from: Secret; readonly to: Secret },
): string {
  return codeId(openCode(code, from), to);
}

/** Tells a code from others in whatever token it is, after that was replaced, too. */
export function originOf({ id, from = id }: Pick<StoredCode, "id" | "from">): string {
  return from;
}

/** Reverses {@link sealCodes}. */
export function openCodes(codes: readonly StoredCode[], key: Secret): RecoveryCode[] {
  return codes.map((code) => ({ code: openCode(code, key), usedAt: code.usedAt }));
}

/**
 * Adds codes to those that a token has, or with `isReplacing` in place of them. A code that is
 * there stays as it is, used or not, and one that was given before others took its place is used.
 * Returns how many are new, and how many the token has now.
 */
export function addCodes(
  place: TokenPlace,
  id: string,
  codes: readonly StoredCode[],
  isReplacing: boolean,
): CodeCount & { readonly added: number } {
  let added = 0;
  const next = updateCodes(place, id, (current) => {
    const { codes: before, former = [] } = current;
    const known = new Set([...before, ...former.filter(isGiven)].map((code) => code.id));
    added = codes.filter((code) => !known.has(code.id)).length;
    return isReplacing
      ? { codes: joinCodes(codes, [...before, ...former]), former: joinFormer(former, before) }
      : { codes: joinCodes([...before, ...codes], former), former };
  });
  return { ...countOf(next), added };
}

/** Writes other codes for a token. Returns them. */
function updateCodes(
  place: TokenPlace,
  id: string,
  change: (current: StoredCodes) => Pick<StoredCodes, "codes" | "former">,
): readonly StoredCode[] {
  // first: a token with codes must be known, also after a kill
  if (!codesLeft(place.layout).has(id)) noteCodesLeft(place.layout, id, null);
  const written = updateBelonging<StoredCodes>(belongingOf(place, id, "codes"), id, (current) => {
    const { codes, former: replaced = [] } = change(current ?? { codes: [] });
    // what was put back is replaced no more
    const isHere = new Set(codes.map((code) => code.id));
    const former = replaced.filter((code) => !isHere.has(code.id));
    if (codes.length > MAX_CODES)
      throw new FobError("invalid", t`a token has at most ${MAX_CODES} recovery codes`, {
        hint: t("--replace puts the new ones in place of those that are there"),
      });
    const { former: _, ...rest } = current ?? {};
    return { ...rest, codes, ...(former.length === 0 ? {} : { former }) };
  });
  const codes = written?.codes ?? [];
  noteCodesLeftQuietly(place.layout, id, codes.length === 0 ? null : countOf(codes).left);
  return codes;
}

/**
 * Codes, each once, as used where they or those of others with the same id are, and from where
 * those come.
 */
function joinCodes(
  codes: readonly StoredCode[],
  others: readonly StoredCode[] = [],
): readonly StoredCode[] {
  const alike = [...others, ...codes];
  const usedAt = new Map(alike.filter(isGiven).map((code) => [code.id, code.usedAt]));
  const origins = new Map(alike.flatMap(({ id, from }) => (from ? [[id, from]] : [])));
  const all = new Map<string, StoredCode>();
  for (const code of codes) {
    if (all.has(code.id)) continue;
    const from = origins.get(code.id);
    all.set(code.id, {
      ...code,
      usedAt: usedAt.get(code.id) ?? null,
      ...(from === undefined ? {} : { from }),
    });
  }
  return [...all.values()];
}

/** Codes of replaced lists, the latest where there are too many. */
function joinFormer(
  before: readonly StoredCode[],
  more: readonly StoredCode[],
): readonly StoredCode[] {
  return joinCodes([...before, ...more]).slice(-MAX_FORMER);
}

function isGiven({ usedAt }: StoredCode): boolean {
  return usedAt !== null;
}

/**
 * The codes of a token that a batch replaces, which gives none as long as the batch lasts. What was
 * given until then is among them as used.
 */
export function handOverCodes(place: TokenPlace, id: string, batch: string): StoredCodes {
  const cell = belongingOf(place, id, "codes");
  const handed = updateBelonging<StoredCodes>(cell, id, (current) =>
    !current || current.codes.length === 0 || current.handedBy === batch
      ? null
      : { ...current, handedBy: batch },
  );
  return handed ?? storedCodesOf(place, id);
}

/** Whether a token has handed its codes over to another one, or was about to. */
export function wereHandedOver(place: TokenPlace, id: string): boolean {
  return storedCodesOf(place, id).handedBy !== undefined;
}

/** Whether a batch that lasts hands the codes of a token over to another one. */
export function areHandedOver(place: TokenPlace, id: string): boolean {
  return isHandedOver(place, storedCodesOf(place, id));
}

function isHandedOver({ layout }: TokenPlace, { handedBy }: StoredCodes): boolean {
  return handedBy !== undefined && existsSync(join(batchesFolder(layout), handedBy));
}

/**
 * Adds codes that another token hands over, sealed for this one. What was given of them is used
 * here, too, and what another list took the place of there is no code here.
 */
export function takeOverCodes(
  place: TokenPlace,
  id: string,
  { codes, former }: Required<Pick<StoredCodes, "codes" | "former">>,
): void {
  const isOld = new Set(former.map((code) => code.id));
  for (const code of codes) isOld.delete(code.id);
  updateCodes(place, id, ({ codes: own, former: ownFormer = [] }) => ({
    codes: joinCodes([...own.filter((code) => !isOld.has(code.id)), ...codes], ownFormer),
    former: joinFormer(
      ownFormer,
      [...former, ...own].filter((code) => isOld.has(code.id)),
    ),
  }));
}

/**
 * Takes codes from a token because another one has them now: here they count as given. Where none
 * is left, those that were given are no list any more that somebody would have to renew.
 */
export function letCodesGo(place: TokenPlace, id: string, gone: readonly StoredCode[]): void {
  const isGone = new Set(gone.map((code) => code.id));
  updateCodes(place, id, ({ codes, former = [] }) => {
    const isOneLeft = codes.some((code) => !isGiven(code) && !isGone.has(code.id));
    const stays = (code: StoredCode) => isOneLeft && !isGone.has(code.id);
    const wasLeft = new Set(codes.flatMap((code) => (isGiven(code) ? [] : [code.id])));
    const leaving = joinCodes(codes, gone)
      .filter((code) => !stays(code))
      .map((code) => (wasLeft.has(code.id) ? { ...code, wentOn: true as const } : code));
    return { codes: codes.filter(stays), former: joinFormer(former, leaving) };
  });
}

/**
 * Stores all codes of a new token, as they were elsewhere. Returns how many are left: the caller
 * notes that for many tokens at once, before it lists them.
 */
export function storeCodes(place: TokenPlace, id: string, codes: readonly StoredCode[]): number {
  updateBelonging<StoredCodes>(belongingOf(place, id, "codes"), id, () => ({ codes }));
  return countOf(codes).left;
}

/**
 * Takes the first code that is left: it is marked as used, durably, when this returns, so that it
 * is given once at most, however many processes ask. Throws FobError `not-found` where none is
 * left, and `unavailable` while they are being handed over to another token.
 */
export function takeCode(
  place: TokenPlace,
  { id, name }: Pick<Token, "id" | "name">,
  key: Secret,
  now: Date,
): TakenCode {
  let taken = null as TakenCode | null;
  try {
    updateBelonging<StoredCodes>(belongingOf(place, id, "codes"), id, (current) => {
      const { codes } = current ?? { codes: [] };
      if (current && isHandedOver(place, current)) throw beingHandedOver(name);
      const next = codes.find(({ usedAt }) => usedAt === null);
      if (!next) throw noneLeft(name, codes.length);
      const changed = codes.map((code) =>
        code === next ? { ...code, usedAt: now.toISOString() } : code,
      );
      // opened before it is marked: a damaged code must not use up another one
      taken = { code: openCode(next, key), ...countOf(changed) };
      return { ...current, codes: changed };
    });
  } catch (error) {
    if (!(error instanceof FobError && error.isDone)) throw error;
    // a code that could be given again after a power cut must not be given
    const message = t`a recovery code of ${name} is used up, and was not given: ${error.message}`;
    const hint = t("check the disk; the next one is another code");
    throw new FobError(error.code, message, { hint, cause: error, isDone: true });
  }
  if (!taken) throw noneLeft(name, 0);
  noteCodesLeftQuietly(place.layout, id, taken.left);
  return taken;
}

/** Marks those codes of a token as used that were used elsewhere. */
export function markUsed(place: TokenPlace, id: string, elsewhere: readonly StoredCode[]): void {
  const used = new Map(elsewhere.flatMap(({ id: one, usedAt }) => (usedAt ? [[one, usedAt]] : [])));
  const written = updateBelonging<StoredCodes>(belongingOf(place, id, "codes"), id, (current) => {
    const isNews = (code: StoredCode) => !code.usedAt && used.has(code.id);
    if (!current?.codes.some(isNews)) return null;
    const codes = current.codes.map((code) => {
      return { ...code, usedAt: code.usedAt ?? used.get(code.id) ?? null };
    });
    return { ...current, codes };
  });
  if (written) noteCodesLeftQuietly(place.layout, id, countOf(written.codes).left);
}

function openCode({ sealed }: StoredCode, key: Secret): string {
  const code = decrypt(key, Buffer.from(sealed, "base64"), PLACE);
  if (code) return code.toString("utf8");
  throw new FobError("invalid", t("a recovery code does not open with the secret of its token"));
}

function countOf(codes: readonly StoredCode[]): CodeCount {
  return { total: codes.length, left: codes.filter(({ usedAt }) => usedAt === null).length };
}

function beingHandedOver(name: string): FobError {
  return new FobError("unavailable", t`another command is replacing ${name}`, {
    hint: t("try again"),
  });
}

/** The error for a token of whose codes none is left, or that never had any. */
export function noneLeft(name: string, total: number): FobError {
  return total === 0
    ? new FobError("not-found", t`${name} has no recovery codes`, {
        hint: t`\`fob codes add ${shellWord(name)}\` stores them`,
      })
    : new FobError("not-found", t`no recovery code of ${name} is left`, {
        hint: t`make new ones at the service, then \`fob codes add ${shellWord(name)} --replace\``,
      });
}
