import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { isDamage } from "#token/newer.ts";
import { MAX_NOTE_BYTES } from "#token/note.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { readSound, soundFingerprint } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { fingerprintOf, isWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import { inTrash, isRemoved } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { keyOfSecret, unguardedBelongingsKey } from "./belongings-key.ts";
import { openNote, sealedNoteOf } from "./note.ts";
import {
  countCodes,
  givenCodesOf,
  handOverCodes,
  resealCodes,
  takeOverCodes,
} from "./recovery-codes.ts";

type Replaced = Pick<IndexEntry, "id" | "name">;

/** A new token, or what will be one. */
interface Successor {
  readonly secret: Uint8Array;
  /** Its own note; null for none. */
  readonly note: string | null;
}

/** What a new token takes over from the tokens that it replaces. */
export interface Carried {
  /** Its own note, and after it theirs; null for none. */
  readonly note: string | null;
  /** The tokens that may have recovery codes, and the keys that open those. */
  readonly withCodes: readonly { readonly entry: Replaced; readonly key: Secret }[];
  /** Messages about what stays with them, because it cannot be opened. */
  readonly left: readonly string[];
}

/**
 * Opens what belongs to tokens that a new one is about to replace. What only a PIN opens stays with
 * its token, unless the new one has the same secret. The caller forgets the keys.
 */
export async function openForSuccessor(
  vault: Vault,
  replaced: readonly Replaced[],
  { secret, note: own }: Successor,
): Promise<Carried> {
  let note = own;
  const withCodes: Carried["withCodes"][number][] = [];
  const left: string[] = [];
  for (const entry of replaced) {
    const record = readSound(vault, entry.id);
    if (!record || isWiped(record)) continue;
    const staying: Staying = { hasNote: true, codes: null };
    try {
      const sealed = sealedNoteOf(vault, entry.id);
      staying.hasNote = sealed !== null;
      const codes = countCodes(vault, entry.id);
      staying.codes = codes?.left ?? 0;
      if (sealed === null && codes === null && givenCodesOf(vault, entry.id).length === 0) continue;
      const key = await keyOf(vault, record, secret);
      withCodes.push({ entry, key });
      staying.codes = 0;
      if (sealed !== null) note = joinNotes(note, openNote(sealed, key));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      left.push(...describeLeft(entry, staying, error.message));
    }
  }
  return { note, withCodes, left };
}

/** Throws FobError `invalid` for notes that are too long together. */
function joinNotes(own: string | null, other: string): string {
  const joined = own === null || own === other ? other : `${own}\n\n${other}`;
  if (Buffer.byteLength(joined) <= MAX_NOTE_BYTES) return joined;
  throw new FobError("invalid", t("the notes are too long together"));
}

/**
 * The key of what belongs to a replaced token. Throws FobError where it needs a PIN, or the chip.
 */
async function keyOf(vault: Vault, record: TokenRecord, secret: Uint8Array): Promise<Secret> {
  // whoever has the secret needs no PIN for what is sealed under it
  if (soundFingerprint(vault, record) === fingerprintOf(secret, vault.vaultKey))
    return keyOfSecret(record.token, secret);
  if (record.guard) throw new FobError("locked", t("only its PIN opens that"));
  refuseByDomain(record.token, vault.isPinGiven(record));
  return unguardedBelongingsKey(vault, record);
}

/**
 * Gives a new token the recovery codes of those that the batch replaces, used ones as used, right
 * before its commit. From then on these give none: after the commit they are out of use, and
 * without one the batch ends. May be repeated. Returns messages about what stays with them.
 */
export function carryCodes(
  vault: Vault,
  token: Token,
  { secret }: Pick<Successor, "secret">,
  { withCodes }: Pick<Carried, "withCodes">,
  batch: string,
): string[] {
  if (withCodes.length === 0) return [];
  const key = keyOfSecret(token, secret);
  try {
    return withCodes.flatMap(({ entry, key: formerKey }) => {
      const { id } = entry;
      const place = isRemoved(vault, id) ? inTrash(vault) : vault;
      const staying: Staying = { hasNote: false, codes: null };
      try {
        const stored = handOverCodes(place, id, batch);
        staying.codes = stored.codes.filter(({ usedAt }) => usedAt === null).length;
        if (stored.codes.length > 0 || stored.former)
          takeOverCodes(vault, token.id, resealCodes(stored, { from: formerKey, to: key }));
        return [];
      } catch (error) {
        if (!(error instanceof FobError)) throw error;
        return describeLeft(entry, staying, error.message);
      }
    });
  } finally {
    forget(key);
  }
}

/** A message about what belongs to a removed token that nobody has looked at; none for nothing. */
export function describeStaying(vault: Vault, entry: Replaced): string[] {
  try {
    const trash = inTrash(vault);
    const hasNote = sealedNoteOf(trash, entry.id) !== null;
    const codes = countCodes(trash, entry.id)?.left ?? 0;
    return describeLeft(entry, { hasNote, codes }, t("another process has just added it"));
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}

/** What stays with a replaced token: of its codes those that are left, null for not counted. */
interface Staying {
  hasNote: boolean;
  codes: number | null;
}

/** A message about what stays with a replaced token; none for nothing. */
function describeLeft(
  { id, name }: Replaced,
  { hasNote, codes }: Readonly<Staying>,
  reason: string,
): string[] {
  const left = [
    hasNote ? t("its note") : null,
    codes === null ? t("its recovery codes") : codes > 0 ? plural(codes, "recovery code") : null,
  ].filter((text) => text !== null);
  if (left.length === 0) return [];
  return [
    t`${name}: ${left.join(", ")} of the replaced token stay with it (${reason}); \`fob restore ${shellWord(id)}\` brings it back beside the new one`,
  ];
}
