import type { Context } from "#cli/context.ts";
import { forget, type Secret } from "#token/secret.ts";
import { belongingsKey } from "#vault/belongings/belongings-key.ts";
import { refuseWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** What opening a token needs. */
export type OpenContext = Pick<Context, "clock" | "pinPrompt">;

/**
 * The key of a token's note and recovery codes; asks for its PIN where it has one. The caller
 * forgets it. Throws FobError as every use of the token does.
 */
export async function openBelongings(
  vault: Vault,
  record: TokenRecord,
  { pinPrompt, clock }: OpenContext,
): Promise<Secret> {
  refuseWiped(record);
  const secretKey = await vault.secretKey(record, pinPrompt, clock());
  try {
    // the key in a chip is another one after its PIN was changed
    const current = record.held ? vault.read(record.token.id) : record;
    return await belongingsKey(vault, current, secretKey);
  } finally {
    forget(secretKey);
  }
}
