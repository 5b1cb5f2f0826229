import { createHmac } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { MAX_CODES, type RecoveryCode } from "#token/code-list.ts";
import type { Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
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
}

/** All recovery codes of a token, in their order. */
interface StoredCodes {
  readonly codes: readonly StoredCode[];
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

/** As many codes or fewer are a reason for a warning. */
export const FEW_CODES = 2;

/** The recovery codes of a token, sealed. */
export function codesOf(place: TokenPlace, id: string): readonly StoredCode[] {
  return readBelonging<StoredCodes>(belongingOf(place, id, "codes"))?.codes ?? [];
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
  codes: readonly StoredCode[],
  { from, to }: { readonly from: Secret; readonly to: Secret },
): readonly StoredCode[] {
  return codes.map((before) => {
    const { usedAt } = before;
    const [code] = sealCodes([{ code: openCode(before, from), usedAt }], to);
    return !code || code.id === before.id ? before : { ...code, from: originOf(before) };
  });
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
 * there stays as it is, used or not. Returns how many are new, and how many the token has now.
 */
export function addCodes(
  place: TokenPlace,
  id: string,
  codes: readonly StoredCode[],
  isReplacing: boolean,
): CodeCount & { readonly added: number } {
  // first: a token with codes must be known, also after a kill
  if (!codesLeft(place.layout).has(id)) noteCodesLeft(place.layout, id, null);
  let added = 0;
  const written = updateBelonging<StoredCodes>(belongingOf(place, id, "codes"), id, (current) => {
    const before = current?.codes ?? [];
    const known = new Map(before.map((code) => [code.id, code]));
    added = codes.filter((code) => !known.has(code.id)).length;
    const wanted = codes.map((code) => known.get(code.id) ?? code);
    const others = isReplacing ? [] : before;
    const kept = new Set(others.map((code) => code.id));
    const next = [...others, ...wanted.filter((code) => !kept.has(code.id))];
    if (next.length > MAX_CODES)
      throw new FobError("invalid", t`a token has at most ${MAX_CODES} recovery codes`, {
        hint: t("--replace puts the new ones in place of those that are there"),
      });
    return { codes: next };
  });
  const count = countOf(written?.codes ?? []);
  noteCodesLeftQuietly(place.layout, id, count.left);
  return { ...count, added };
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
 * left.
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
      const codes = current?.codes ?? [];
      const next = codes.find(({ usedAt }) => usedAt === null);
      if (!next) throw noneLeft(name, codes.length);
      const changed = codes.map((code) =>
        code === next ? { ...code, usedAt: now.toISOString() } : code,
      );
      // opened before it is marked: a damaged code must not use up another one
      taken = { code: openCode(next, key), ...countOf(changed) };
      return { codes: changed };
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
    return { codes };
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

/** The error for a token of whose codes none is left, or that never had any. */
export function noneLeft(name: string, total: number): FobError {
  return total === 0
    ? new FobError("not-found", t`${name} has no recovery codes`, {
        hint: t("`fob codes add` stores them"),
      })
    : new FobError("not-found", t`no recovery code of ${name} is left`, {
        hint: t("make new ones at the service, then `fob codes add --replace`"),
      });
}
