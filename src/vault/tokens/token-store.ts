import type { Secret } from "#token/secret.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import type { Chip } from "#vault/chip/chip.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { IndexEntry } from "./token-index.ts";
import type { TokenRecord } from "./token-record.ts";

/**
 * The tokens that passcodes and responses are made from: an open vault, or the part of it that a
 * grant opens.
 */
export interface TokenStore {
  readonly layout: VaultLayout;

  /** All tokens, in list order (`inListOrder`). */
  entries(): IndexEntry[];

  /** The token with exactly this id or name, or null. */
  findExactly(query: string): IndexEntry | null;

  /** One token's record. Throws FobError `not-found` when it was removed. */
  read(id: string): TokenRecord;

  /**
   * Replaces a token's record durably; nothing is written if `change` returns the same object that
   * it was given. `change` is called again with the newer record if another process was faster, so
   * it must depend on its argument alone. Throws FobError `not-found` when the token was removed.
   */
  update(id: string, change: (record: TokenRecord) => TokenRecord): void;

  /**
   * The chip that holds secrets of tokens. Throws FobError where these tokens are used without one.
   */
  chip(): Chip;

  /**
   * Whether a PIN was given in this call before the record's secret opens; access domain 02
   * requires one.
   */
  isPinGiven(record: TokenRecord): boolean;

  /**
   * The key of a record's secret. Asks for the token's PIN where one is needed, and for a new PIN
   * where the policy requires a change. The caller forgets the key. Throws FobError `denied` or
   * `locked` as the token's access domain says.
   */
  secretKey(record: TokenRecord, prompt: PinPrompt, now: Date): Promise<Secret>;
}
