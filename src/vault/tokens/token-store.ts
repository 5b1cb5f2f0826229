import type { Secret } from "#token/secret.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { IndexEntry } from "./token-index.ts";
import type { TokenRecord } from "./token-record.ts";

/** What passcodes and responses are made from: an open vault, or as much of it as a grant opens. */
export interface TokenStore {
  readonly layout: VaultLayout;

  /** Every token there is, in list order (`inListOrder`). */
  entries(): IndexEntry[];

  /** The token with exactly this id or name, or null. */
  findExactly(query: string): IndexEntry | null;

  /** One token's record. Throws FobError `not-found` when it was removed. */
  read(id: string): TokenRecord;

  /**
   * Replaces a token's record durably, unless `change` returns the very record that it was given.
   * It is asked again with the newer record if another process was faster, so that it must decide
   * by what it is given alone. Throws FobError `not-found` when the token was removed.
   */
  update(id: string, change: (record: TokenRecord) => TokenRecord): void;

  /**
   * Whether a PIN is given in this very call before the record's secret opens; access domain 02
   * asks.
   */
  isPinGiven(record: TokenRecord): boolean;

  /**
   * The key of a record's secret; asks for the token's PIN where that is needed, and for another
   * one where that is overdue. The caller forgets it. Throws FobError `denied` or `locked` by the
   * token's access domain.
   */
  secretKey(record: TokenRecord, prompt: PinPrompt, now: Date): Promise<Secret>;
}
