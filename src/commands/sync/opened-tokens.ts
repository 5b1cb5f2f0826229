import type { Context } from "#cli/context.ts";
import { storedSecret } from "#commands/stored-secret.ts";
import type { OpenedToken } from "#sync/round/sharing.ts";
import { keyOf } from "#sync/round/vault-changes.ts";
import { fieldsInVault } from "#sync/round/vault-fields.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** Opens a token for the other devices; asks for its PIN where it has one. */
export async function openForOthers(
  vault: Vault,
  record: TokenRecord,
  context: Pick<Context, "clock" | "pinPrompt">,
): Promise<OpenedToken> {
  const secret = await storedSecret(vault, record, context);
  const { token, guard } = record;
  const { format, credential, enrolledAt, pin } = token;
  return {
    token,
    secretKey: keyOf({ credential, secret }, vault),
    fields: fieldsInVault(vault, token),
    content: { format, credential, enrolledAt, pin, pinPolicy: guard?.policy ?? null, secret },
  };
}
