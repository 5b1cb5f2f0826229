import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { parseHolder } from "#commands/values.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { printable } from "#token/printable.ts";
import { forget, type Secret } from "#token/secret.ts";
import { HOLDERS } from "#token/token.ts";
import { holdSecret, refuseUnholdable } from "#vault/chip/holding.ts";
import { overwritingRemoved } from "#vault/chip/overwriting.ts";
import { listGrants } from "#vault/grants/grants.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { askSecretKey } from "#vault/pins/token-pin.ts";
import { secretOf } from "#vault/tokens/passcodes.ts";
import { isGuardedAlike, refuseWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

type HoldContext = Pick<Context, "access" | "findVault" | "pinPrompt" | "prompt">;

/** `fob hold`: moves a token's secret into a chip. */
export const hold = defineCommand({
  name: "hold",
  summary: "move a token's secret into this machine's TPM, from which nobody can copy it",
  description:
    "The TPM then computes the token's passcodes, and counts wrong PINs of it. The secret cannot come back: no export, no backup, no grant " +
    "and no other machine can have it. What the vault had of it is overwritten; copies that were made before (backups, snapshots, the " +
    "QR code) still hold it.",
  arguments: {
    name: required("NAME", "name or id of a token", "token"),
    chip: required("CHIP", "the chip: tpm"),
  },
  options: { yes: flag("do not ask back") },
  examples: [{ command: "fob hold vpn tpm", explanation: "asks, because there is no way back" }],
  async run({ name, chip, yes }, context: HoldContext) {
    const holder = parseHolder(chip) ?? HOLDERS[0];
    const vault = await existingVault(context);
    const record = vault.read((await findOne(vault, name)).id);
    refuse(vault, record);
    await context.access.chip?.reach();
    if (!yes) await confirm(record, context);
    const { held, hadBiometrics } = await hand(vault, record, context.pinPrompt);
    const grants = listGrants(vault)
      .filter(({ tokens }) => tokens.includes(held.token.id))
      .map(({ label }) => label);
    return { id: held.token.id, name: held.token.name, heldBy: holder, hadBiometrics, grants };
  },
  text: ({ name }) => printable(t`the TPM holds ${name} now`),
  json: ({ id, name, heldBy }) => ({ id, name, heldBy }),
  notes: ({ name, hadBiometrics, grants }) => [
    t`what the vault had of the secret is overwritten; backups, snapshots and copies of the vault from before still hold it, and so does the QR code`,
    ...(hadBiometrics
      ? [t`biometrics no longer stand for the PIN of ${name}: \`fob biometric enable\``]
      : []),
    ...(grants.length > 0
      ? [t`no grant opens ${name} any more; these named it: ${grants.join(", ")}`]
      : []),
  ],
});

function refuse(vault: Vault, record: TokenRecord): void {
  const { name, credential } = record.token;
  if (record.held) throw new FobError("usage", t`the TPM holds ${name} already`);
  refuseWiped(record);
  refuseByDomain(record.token, vault.isPinGiven(record));
  refuseUnholdable(name, credential);
}

async function confirm({ token }: TokenRecord, { prompt }: Pick<Context, "prompt">): Promise<void> {
  const question = t`The secret of ${token.name} goes into this machine's TPM and never comes back: no backup, no export, no other machine. If the chip is cleared or breaks, only a new enrollment helps. Go on?`;
  if (!(await prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was changed"));
}

/** Hands the secret over; asks for the PIN of the token, which stays. */
async function hand(vault: Vault, record: TokenRecord, prompt: PinPrompt) {
  let pin: Secret | null = null;
  const secretKey = await askSecretKey(vault, record, {
    interactive: prompt.interactive,
    // the PIN itself is needed: the chip's key gets an auth value from it
    release: async () => null,
    async ask(request) {
      const given = await prompt.ask(request);
      forget(pin);
      pin = Buffer.from(given);
      return given;
    },
  });
  const secret = secretOf(record, secretKey);
  try {
    const held = await holdSecret(vault, record, secret, pin);
    overwritingRemoved(vault.tokenCell(record.token.id).folder, () => replace(vault, record, held));
    return { held, hadBiometrics: record.guard?.biometric != null };
  } finally {
    forget(secret, secretKey, pin);
  }
}

/** Its counter and its name may have changed since; its PIN and its secret may not have. */
function replace(vault: Vault, before: TokenRecord, after: TokenRecord): void {
  const { id, name, heldBy } = after.token;
  vault.update(id, (record) => {
    if (!isGuardedAlike(record, before) || record.sealedSecret !== before.sealedSecret)
      throw new FobError("denied", t`the PIN of ${name} was changed by another process`);
    const { guard, wrappedSecretKey, sealedSecret, held } = after;
    const token = { ...record.token, heldBy };
    return { ...record, token, guard, wrappedSecretKey, sealedSecret, held };
  });
  vault.amend(id, (token) => ({ ...token, heldBy }));
}
