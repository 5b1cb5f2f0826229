import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import { belongingOf, readBelonging, type TokenPlace, updateBelonging } from "./belongings-cell.ts";

/** A note in its cell. */
interface StoredNote {
  /** Sealed under the key of the token's belongings, in Base64; null where it was removed. */
  readonly sealed: string | null;
}

const PLACE = "fob note";

/** The sealed note of a token; null for none. */
export function sealedNoteOf(place: TokenPlace, id: string): string | null {
  return noteStateOf(place, id) ?? null;
}

/** {@link sealedNoteOf}, but undefined for a token that never had a note. */
export function noteStateOf(place: TokenPlace, id: string): string | null | undefined {
  return readBelonging<StoredNote>(belongingOf(place, id, "note"))?.sealed;
}

/** Stores a sealed note durably, or removes the note. */
export function storeNote(place: TokenPlace, id: string, sealed: string | null): void {
  updateBelonging<StoredNote>(belongingOf(place, id, "note"), id, (current) =>
    (current?.sealed ?? null) === sealed ? null : { sealed },
  );
}

/** {@link storeNote}, unless the note is another one than `before` by now: returns false then. */
export function replaceNote(
  place: TokenPlace,
  id: string,
  { before, after }: { readonly before: string | null; readonly after: string | null },
): boolean {
  const written = updateBelonging<StoredNote>(belongingOf(place, id, "note"), id, (current) =>
    (current?.sealed ?? null) === before ? { sealed: after } : null,
  );
  return written !== null;
}

/** A note, sealed under the key of a token's belongings. */
export function sealNote(note: string, key: Secret): string {
  return encrypt(key, Buffer.from(note), PLACE).toString("base64");
}

/** Reverses {@link sealNote}. Throws FobError `invalid` for a note of another token. */
export function openNote(sealed: string, key: Secret): string {
  const note = decrypt(key, Buffer.from(sealed, "base64"), PLACE);
  if (note) return note.toString("utf8");
  throw new FobError("invalid", t("the note does not open with the secret of its token"));
}
