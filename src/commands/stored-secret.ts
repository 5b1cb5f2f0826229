import type { Context } from "#cli/context.ts";
import { forget, type Secret } from "#token/secret.ts";
import { secretOf } from "#vault/tokens/passcodes.ts";
import { refuseHeld, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * The secret of a stored token; asks for its PIN where it has one. The caller forgets it. Throws
 * FobError `invalid` when the record is damaged, and the error that forbids its use, as where a
 * chip holds it.
 */
export async function storedSecret(
  vault: Vault,
  record: TokenRecord,
  { pinPrompt, clock }: Pick<Context, "clock" | "pinPrompt">,
): Promise<Secret> {
  // before a PIN is asked for
  refuseHeld(record);
  const secretKey = await vault.secretKey(record, pinPrompt, clock());
  try {
    return secretOf(record, secretKey);
  } finally {
    forget(secretKey);
  }
}
