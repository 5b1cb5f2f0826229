import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, required, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { parseHolding } from "#commands/values.ts";
import { sharedOf } from "#sync/round/sharing.ts";
import { type KnownToken, readSyncState } from "#sync/round/sync-state.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { printable } from "#token/printable.ts";
import { forget, type Secret } from "#token/secret.ts";
import { HOLDERS, type Holder, type Token } from "#token/token.ts";
import { storeCounter } from "#vault/chip/counting.ts";
import { countInChip, holdSecret, refuseUnholdable } from "#vault/chip/holding.ts";
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
  options: {
    yes: flag("do not ask back"),
    counter: value(
      "CHIP",
      "let the TPM count as well, so that an older copy of the vault repeats no passcode (tpm)",
      HOLDERS,
    ),
  },
  examples: [
    { command: "fob hold vpn tpm", explanation: "asks, because there is no way back" },
    { command: "fob hold vpn tpm --counter tpm", explanation: "nobody can set its counter back" },
  ],
  async run({ name, chip, yes, counter }, context: HoldContext): Promise<Handed> {
    const { by: holder, counts } = parseHolding(chip, counter) ?? { by: HOLDERS[0], counts: false };
    const vault = await existingVault(context);
    const record = vault.read((await findOne(vault, name)).id);
    const handed = { id: record.token.id, name: record.token.name, heldBy: holder };
    if (record.held && counts) {
      await giveCounter(vault, record);
      const isShared = false;
      return { ...handed, hadSecret: false, hadBiometrics: false, isShared, grants: [] };
    }
    refuse(vault, record, counts);
    await context.access.chip?.reach();
    const isShared = sharedTokenOf(vault, record.token) !== null;
    if (!yes) await confirm(record, isShared, context);
    const { hadBiometrics } = await hand(vault, record, counts, context.pinPrompt);
    const grants = listGrants(vault)
      .filter(({ tokens }) => tokens.includes(record.token.id))
      .map(({ label }) => label);
    return { ...handed, hadSecret: true, hadBiometrics, isShared, grants };
  },
  text: ({ name, hadSecret }) =>
    hadSecret
      ? printable(t`the TPM holds ${name} now`)
      : printable(t`the TPM counts for ${name} now`),
  json: ({ id, name, heldBy }) => ({ id, name, heldBy }),
  notes: ({ name, hadSecret, hadBiometrics, isShared, grants }) => [
    ...(hadSecret
      ? [
          t`what the vault had of the secret is overwritten; backups, snapshots and copies of the vault from before still hold it, and so does the QR code`,
        ]
      : []),
    ...(isShared
      ? [
          t`${name} is shared: the repository of \`fob sync\` and its devices still have the secret, and so has every device that joins`,
        ].map(printable)
      : []),
    ...(hadBiometrics
      ? [t`biometrics no longer stand for the PIN of ${name}: \`fob biometric enable\``]
      : []),
    ...(grants.length > 0
      ? [t`no grant opens ${name} any more; these named it: ${grants.join(", ")}`]
      : []),
  ],
});

/** What was handed to the chip: the secret and perhaps the counter, or the counter alone. */
interface Handed {
  readonly id: string;
  readonly name: string;
  readonly heldBy: Holder;
  readonly hadSecret: boolean;
  readonly hadBiometrics: boolean;
  /** Whether the repository of `fob sync` has the secret. */
  readonly isShared: boolean;
  readonly grants: readonly string[];
}

/** Gives a token that the chip holds already a counter in the chip. */
async function giveCounter(vault: Vault, record: TokenRecord): Promise<void> {
  const { id, name, credential } = record.token;
  if (record.held?.counter) throw new FobError("usage", t`the TPM counts for ${name} already`);
  refuseUnholdable(name, credential, { counts: true });
  const { held } = await countInChip(vault, record);
  await storeCounter(
    vault,
    () => vault.chip(),
    { id, counter: held?.counter },
    () => {
      vault.update(id, (current) => {
        if (isGuardedAlike(current, record) && !current.held?.counter) return { ...current, held };
        throw new FobError("denied", t`${name} was changed by another process`);
      });
    },
  );
}

function refuse(vault: Vault, record: TokenRecord, counts: boolean): void {
  const { name, credential } = record.token;
  if (record.held) throw new FobError("usage", t`the TPM holds ${name} already`);
  refuseWiped(record);
  refuseByDomain(record.token, vault.isPinGiven(record));
  refuseUnholdable(name, credential, { counts });
  refuseOnItsWay(vault, record.token);
}

/** A token that was offered to another device leaves this one, and a chip's cannot. */
function refuseOnItsWay(vault: Vault, token: Token): void {
  const holder = sharedTokenOf(vault, token)?.shared.holder?.value;
  if (holder === undefined || holder.step === "held") return;
  throw new FobError("usage", t`${token.name} is on its way to another device`, {
    hint: t("`fob sync status` says how far it has come"),
  });
}

/** What the synchronisation knows of a token; null where it is not shared. */
function sharedTokenOf(vault: Vault, { id }: Token): KnownToken | null {
  return sharedOf(Object.values(readSyncState(vault)?.tokens ?? {}), id);
}

async function confirm(
  { token }: TokenRecord,
  isShared: boolean,
  { prompt }: Pick<Context, "prompt">,
): Promise<void> {
  const { name } = token;
  const question = isShared
    ? t`The secret of ${name} goes into this machine's TPM and never comes back from there: no backup, no export. The devices of \`fob sync\` and their repository keep it. If the chip is cleared or breaks, only a new enrollment helps. Go on?`
    : t`The secret of ${name} goes into this machine's TPM and never comes back: no backup, no export, no other machine. If the chip is cleared or breaks, only a new enrollment helps. Go on?`;
  if (!(await prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was changed"));
}

/** Hands the secret over; asks for the PIN of the token, which stays. */
async function hand(vault: Vault, record: TokenRecord, counts: boolean, prompt: PinPrompt) {
  let pin: Secret | null = null;
  const secretKey = await askSecretKey(vault, record, {
    ...prompt,
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
    const held = await holdSecret(vault, record, secret, { counts, pin });
    const { id } = record.token;
    await storeCounter(
      vault,
      () => vault.chip(),
      { id, counter: held.held?.counter },
      () => overwritingRemoved(vault.tokenCell(id).folder, () => replace(vault, record, held)),
    );
    return { hadBiometrics: record.guard?.biometric != null };
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
