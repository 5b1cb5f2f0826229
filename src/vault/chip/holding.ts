import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Credential } from "#token/credential.ts";
import type { Secret } from "#token/secret.ts";
import { holdRecord, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Chip } from "./chip.ts";
import { hmacAlgorithmOf } from "./hmac-algorithm.ts";

/** The parts of an open vault that holding needs. */
interface HoldingVault {
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
  pin: Secret | null = null,
): Promise<TokenRecord> {
  const algorithm = hmacAlgorithmOf(record.token.credential);
  if (algorithm === null) throw cannotBeHeld(record.token.name);
  const { vaultKey } = vault;
  return holdRecord(record, secret, algorithm, { vaultKey, pin, chip: vault.chip() });
}

/** Throws FobError `usage` for a token that a chip cannot compute. */
export function refuseUnholdable(name: string, credential: Credential): void {
  if (hmacAlgorithmOf(credential) === null) throw cannotBeHeld(name);
}

function cannotBeHeld(name: string): FobError {
  return new FobError("usage", t`a TPM cannot compute what ${name} gives`, {
    hint: t("it computes HMACs: time-based, event-based and challenge-response tokens"),
  });
}
