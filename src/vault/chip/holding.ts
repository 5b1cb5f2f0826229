import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { counterOf } from "#token/counter.ts";
import type { Credential } from "#token/credential.ts";
import type { Secret } from "#token/secret.ts";
import type { Holding } from "#token/token.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { holdRecord, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Chip } from "./chip.ts";
import { withChipCounter } from "./counting.ts";
import { hmacAlgorithmOf } from "./hmac-algorithm.ts";

/** The parts of an open vault that holding needs. */
interface HoldingVault {
  readonly layout: VaultLayout;
  readonly vaultKey: Secret;
  chip(): Chip;
}

/**
 * The record of a token whose secret the chip holds from now on. `pin` is its PIN, which stays.
 * Throws FobError `usage` for a kind of token that a chip cannot compute.
 */
export async function holdSecret(
  vault: HoldingVault,
  record: TokenRecord,
  secret: Secret,
  { counts, pin = null }: Pick<Holding, "counts"> & { readonly pin?: Secret | null },
): Promise<TokenRecord> {
  const algorithm = hmacAlgorithmOf(record.token.credential);
  if (algorithm === null) throw cannotBeHeld(record.token.name);
  const { vaultKey } = vault;
  const held = await holdRecord(record, secret, algorithm, { vaultKey, pin, chip: vault.chip() });
  return counts ? countInChip(vault, held) : held;
}

/** The record of a held token whose counter is in the chip from now on, where it has one. */
export async function countInChip(
  vault: Pick<HoldingVault, "chip" | "layout">,
  record: TokenRecord,
): Promise<TokenRecord> {
  if (!record.held || record.held.counter) return record;
  const { credential } = record.token;
  const held = await withChipCounter(vault.chip(), vault.layout.vaultId, record.held, credential);
  return { ...record, held };
}

/** Throws FobError `usage` for a token that a chip cannot compute, or not count. */
export function refuseUnholdable(
  name: string,
  credential: Credential,
  { counts }: Pick<Holding, "counts">,
): void {
  if (hmacAlgorithmOf(credential) === null) throw cannotBeHeld(name);
  if (counts && counterOf(credential) === null)
    throw new FobError("usage", t`${name} is not event-based: it has no counter`, {
      hint: t("leave out `--counter`"),
    });
}

function cannotBeHeld(name: string): FobError {
  return new FobError("usage", t`a TPM cannot compute what ${name} gives`, {
    hint: t("it computes HMACs: time-based, event-based and challenge-response tokens"),
  });
}
