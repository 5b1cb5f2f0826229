import type { Context } from "#cli/context.ts";
import { offsetsIn, type Window } from "#otp/window.ts";
import { forget } from "#token/secret.ts";
import { heldPasscodesAt } from "#vault/chip/held-passcodes.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * The passcodes in a window of a token that a chip holds; asks for its PIN where it has one. No
 * counter moves.
 */
export async function passcodesOfChip(
  vault: Vault,
  record: TokenRecord,
  window: Window,
  { pinPrompt, clock }: Pick<Context, "clock" | "pinPrompt">,
): Promise<ReadonlyMap<bigint, string>> {
  const auth = await vault.secretKey(record, pinPrompt, clock());
  try {
    // the PIN may have been changed meanwhile, and with it the key that `auth` is for
    const current = vault.read(record.token.id);
    const counters = [...offsetsIn(window)].map((offset) => window.origin + BigInt(offset));
    return await heldPasscodesAt(vault.chip(), current, auth, counters);
  } finally {
    forget(auth);
  }
}
