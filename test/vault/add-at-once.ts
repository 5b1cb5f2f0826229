import { newlyEnrolled } from "#token/codec.ts";
import type { Token } from "#token/token.ts";
import { updateCell } from "#vault/cells/cell.ts";
import type { NewToken } from "#vault/tokens/adding.ts";
import { createRecord, encodeRecord } from "#vault/tokens/token-record.ts";
import { newTokenId, type Vault } from "#vault/vault.ts";

/** What a new token has beside its name, credential and secret, where a test says nothing of it. */
export const PLAIN = {
  issuer: null,
  account: null,
  serial: null,
  format: "test",
  pin: "none",
} as const;

/** Puts tokens into a vault that nobody else uses, without the care that commands take. */
export function addAtOnce(vault: Vault, newTokens: readonly NewToken[], enrolledAt: Date): Token[] {
  const tokens = newTokens.map(({ secret, guard: _, ...rest }): Token => {
    const token: Token = {
      id: newTokenId(),
      ...newlyEnrolled(enrolledAt),
      ...rest,
    };
    updateCell(vault.tokenCell(token.id), () =>
      encodeRecord(createRecord(token, secret, vault.vaultKey)),
    );
    return token;
  });
  return vault.addToIndex(tokens);
}
