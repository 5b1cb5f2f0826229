import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import type { Cell } from "#vault/cells/cell.ts";
import { belongingCell, readBelonging, updateBelonging } from "./belongings-cell.ts";

/** The vault that a note is in. */
interface NotingVault {
  readonly vaultKey: Secret;
  tokenCell(id: string): Cell;
}

/** A note in its cell. */
interface StoredNote {
  /** Sealed under the key of the token's belongings, in Base64; null where it was removed. */
  readonly sealed: string | null;
}

const PLACE = "fob note";

/** The sealed note of a token in use; null for none. */
export function sealedNoteOf(vault: NotingVault, id: string): string | null {
  return noteStateOf(vault, id) ?? null;
}

/** {@link sealedNoteOf}, but undefined for a token that never had a note. */
export function noteStateOf(vault: NotingVault, id: string): string | null | undefined {
  return readBelonging<StoredNote>(cellOf(vault, id))?.sealed;
}

/** Stores a sealed note durably, or removes the note. */
export function storeNote(vault: NotingVault, id: string, sealed: string | null): void {
  updateBelonging<StoredNote>(cellOf(vault, id), id, (current) =>
    (current?.sealed ?? null) === sealed ? null : { sealed },
  );
}

/** {@link storeNote}, unless the note is another one than `before` by now: returns false then. */
export function replaceNote(
  vault: NotingVault,
  id: string,
  { before, after }: { readonly before: string | null; readonly after: string | null },
): boolean {
  const written = updateBelonging<StoredNote>(cellOf(vault, id), id, (current) =>
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

function cellOf(vault: NotingVault, id: string): Cell {
  return belongingCell(vault.tokenCell(id), "note", vault.vaultKey);
}
