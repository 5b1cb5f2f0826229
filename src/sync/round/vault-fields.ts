import type { JsonValue } from "#sync/tokens/json-value.ts";
import { sharedFields } from "#sync/tokens/local-fields.ts";
import type { SharedToken } from "#sync/tokens/shared-token.ts";
import type { Token } from "#token/token.ts";
import { noteStateOf } from "#vault/belongings/note.ts";
import type { Vault } from "#vault/vault.ts";

/** The longest sealed note, in Base64 characters. */
const MAX_SEALED_NOTE = 96 * 1024;

/**
 * The fields of a token of the vault that devices share: those of the token, and its sealed note. A
 * round never opens the note: its key follows from the secret, which all devices have.
 */
export function fieldsInVault(vault: Vault, token: Token): Record<string, JsonValue> {
  const note = noteStateOf(vault, token.id);
  return note === undefined ? sharedFields(token) : { ...sharedFields(token), note };
}

/** The sealed note that devices share: null for one that was removed, undefined for none. */
export function sharedNote({ fields }: Pick<SharedToken, "fields">): string | null | undefined {
  const note = Object.hasOwn(fields, "note") ? fields["note"]?.value : undefined;
  const isNote = typeof note === "string" && note.length <= MAX_SEALED_NOTE;
  return note === null || isNote ? note : undefined;
}
