import type { Secret } from "#token/secret.ts";
import { refusedByChip, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Chip, HeldKey } from "./chip.ts";

/** A message that is no counter, no time step and no challenge: it has seven bytes. */
const PROBE = Buffer.from("fob PIN");

/** Whether this is the auth value of a held key. The chip counts a wrong one. */
export async function isAuthValue(chip: Chip, held: HeldKey, auth: Secret): Promise<boolean> {
  return (await chip.hmacs(held, auth, [PROBE])) !== null;
}

/**
 * The chip's HMACs of messages under a token's secret. `auth` was opened before, so that the chip
 * refuses it for a damaged record only: throws FobError `invalid` then.
 */
export async function heldMacs(
  chip: Chip,
  { token, held }: TokenRecord,
  auth: Secret,
  messages: readonly Uint8Array[],
): Promise<readonly Buffer[]> {
  const macs = held && (await chip.hmacs(held, auth, messages));
  if (macs) return macs;
  throw refusedByChip(token);
}

/** {@link heldMacs} of one message. */
export async function heldMac(
  chip: Chip,
  record: TokenRecord,
  auth: Secret,
  message: Uint8Array,
): Promise<Buffer> {
  const [mac] = await heldMacs(chip, record, auth, [message]);
  if (mac) return mac;
  throw refusedByChip(record.token);
}
