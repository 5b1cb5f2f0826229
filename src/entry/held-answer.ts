import { tpmChip } from "#platform/hardware/chip.ts";
import type { Secret } from "#token/secret.ts";
import { takeHeldPasscode } from "#vault/chip/held-passcodes.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";

/**
 * The passcode of a token that the TPM holds, for the fast path: a built file of its own, which is
 * loaded for such tokens alone.
 */
export function passcodeOfChip(
  env: NodeJS.ProcessEnv,
  store: TokenStore,
  record: TokenRecord,
  auth: Secret,
  time: Date,
): Promise<Passcode> {
  return takeHeldPasscode(store, tpmChip(env), record, { auth, time });
}
