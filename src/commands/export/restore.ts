import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { shellWord } from "#base/shell-word.ts";
import { defineCommand, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import { formatTable } from "#cli/output/table.ts";
import { conflictOptions, refuseBoth } from "#commands/enroll/account-conflicts.ts";
import { existingVault } from "#commands/lookup.ts";
import { heldElsewhere } from "#sync/round/held-elsewhere.ts";
import { counterOf } from "#token/counter.ts";
import { findToken } from "#token/find-token.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import { type RestoredCodes, settleRestored } from "#vault/belongings/restored-codes.ts";
import { settleBatches } from "#vault/tokens/batch.ts";
import { updateRecord } from "#vault/tokens/record-cell.ts";
import {
  countingKey,
  highestCounters,
  holdsSecret,
  soundFingerprint,
} from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { type TokenRecord, withCounter } from "#vault/tokens/token-record.ts";
import {
  RESTORABLE_DAYS,
  removedCell,
  removedIds,
  removedTokens,
  restoreToken,
} from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import {
  MAX_BACKUP_BYTES,
  type RestoredBackup,
  type RestoringContext,
  readBackupFile,
  restoreBackup,
} from "./backup-restoring.ts";

interface Restorable {
  readonly id: string;
  readonly name: string;
  readonly removedAt: Date;
  readonly restorableUntil: Date;
}

type Restoration =
  | ({ readonly kind: "backup" } & RestoredBackup)
  | {
      readonly kind: "restored";
      readonly id: string;
      readonly name: string;
      readonly goesOnAt: bigint | null;
      /** Null for a token that cannot be read. */
      readonly codes: RestoredCodes | null;
      /** How many removed tokens have the same name. */
      readonly alike: number;
      /** The device to which it was handed over; null for none. */
      readonly elsewhere: string | null;
    }
  | {
      readonly kind: "restorable";
      readonly tokens: readonly Restorable[];
      readonly damaged: number;
    };

type RemovedContext = Pick<Context, "clock" | "findVault" | "look" | "processes">;

type RestoreContext = RemovedContext & RestoringContext & Pick<Context, "fileExists">;

/** `fob restore`: brings a removed token back, or lists those that can be. */
export const restore = defineCommand({
  name: "restore",
  summary: "bring back a removed token, or the tokens of a backup",
  description:
    "Without an argument, lists the removed tokens that can be brought back. FILE is a backup (`fob backup`): tokens that are there already " +
    "are left as they are; a token that had a PIN gets a new one, which is asked for.",
  arguments: { name: optional("NAME|FILE", "a removed token, or the file of a backup", "file") },
  options: {
    ...conflictOptions,
    identity: value(
      "FILE",
      "open the backup with this key file of age instead of a passphrase",
      "file",
    ),
  },
  examples: [
    { command: "fob restore", explanation: "what was removed in the last 30 days" },
    { command: "fob restore old-vpn", explanation: "brings it back, counter and all" },
    {
      command: "fob restore tokens.age",
      explanation: "the tokens of a backup; asks for its passphrase",
    },
  ],
  isPaged: true,
  isDelegable: async ({ name, identity, replace, keepBoth }, context: RestoreContext) =>
    name === undefined ||
    (identity === undefined &&
      !replace &&
      !keepBoth &&
      (await readBackupFile(name, context)) === null),
  async run({ name, identity, replace, keepBoth }, context: RestoreContext): Promise<Restoration> {
    const bytes = name === undefined ? null : await readBackup(name, identity, context);
    if (name !== undefined && bytes) {
      refuseBoth({ replace, keepBoth });
      const file = { path: name, bytes, identityFile: identity };
      return { kind: "backup", ...(await restoreBackup(file, { replace, keepBoth }, context)) };
    }
    if (replace || keepBoth)
      throw new FobError("usage", t("--replace and --keep-both are for the file of a backup"));
    return restoreRemoved(name, context);
  },
  text(result, style) {
    if (result.kind === "restored") return printable(t`restored ${result.name}`);
    if (result.kind === "backup")
      return result.names.map((name) => printable(t`restored ${name}`)).join("\n");
    return formatTable(
      [
        [t("NAME"), ({ name }) => printable(name)],
        [t("REMOVED"), ({ removedAt }) => formatMoment(removedAt, style)],
        [t("ID"), ({ id }) => id],
      ],
      result.tokens,
      style,
    );
  },
  json(result) {
    if (result.kind === "restorable") return result.tokens;
    return result.kind === "backup"
      ? {
          restored: result.names,
          known: result.known,
          refused: result.refusals,
          ...(result.recoveryCode === null ? {} : { recoveryCode: result.recoveryCode }),
        }
      : { id: result.id, name: result.name };
  },
  notes(result) {
    if (result.kind === "restorable") {
      const damaged = describeDamaged(result.damaged);
      return result.tokens.length === 0 ? [t("nothing can be restored"), ...damaged] : damaged;
    }
    if (result.kind === "restored") {
      const { name, goesOnAt, codes, alike, elsewhere } = result;
      return [
        ...(elsewhere === null
          ? []
          : [
              printable(
                t`${name} was handed over to ${elsewhere}: both give the same passcodes until \`fob sync\` takes it away here`,
              ),
            ]),
        ...(goesOnAt === null
          ? []
          : [
              t`${name} goes on at the counter ${goesOnAt}: its secret was in use in another token`,
            ]),
        ...(codes === null ? [] : describeSettled(codes, name)),
        ...(alike === 0
          ? []
          : [
              t`still removed: ${plural(alike, "token")} of that name (\`fob restore\` lists the ids)`,
            ]),
      ];
    }
    const known = plural(
      result.known,
      "token that is there already",
      "tokens that are there already",
    );
    return [...(result.known > 0 ? [t`left out: ${known}`] : []), ...result.notes];
  },
  failures: (result) => (result.kind === "backup" ? result.failures : []),
});

/** {@link restore} as an agent carries it out. */
export const restoration = {
  arguments: restore.arguments,
  options: {},
  run: ({ name }: { readonly name: string | undefined }, context: RemovedContext) =>
    restoreRemoved(name, context),
};

async function restoreRemoved(
  name: string | undefined,
  context: RemovedContext,
): Promise<Restoration> {
  const vault = await existingVault(context);
  settleBatches(vault, context.processes);
  const removed = removedTokens(vault);
  const damaged = removedIds(vault).length - removed.length;
  if (name === undefined)
    return { kind: "restorable", tokens: removed.flatMap(toRestorable), damaged };
  const id = removedIds(vault).includes(name) ? name : findRemoved(vault, removed, name).id;
  const record = removed.find(({ token }) => token.id === id) ?? null;
  if (record) refuseTwin(vault, record);
  const goesOnAt = record && (await raiseAmong(vault, record, context.look));
  const codes =
    record && (await settleRestored(vault, record, { now: context.clock(), look: context.look }));
  const restored = restoreToken(vault, id);
  const alike = removed.filter(({ token }) => token.id !== id && token.name === name).length;
  const elsewhere = heldElsewhere(vault, id);
  const { name: called } = restored;
  return { kind: "restored", id, name: called, goesOnAt, codes, alike, elsewhere };
}

/**
 * The backup, or null where the argument names a removed token. With a key file it is always a
 * backup.
 */
async function readBackup(
  name: string,
  identity: string | undefined,
  context: Pick<Context, "fileExists" | "readFile">,
): Promise<Buffer | null> {
  if (identity !== undefined) return context.readFile(name, MAX_BACKUP_BYTES);
  return readBackupFile(name, context);
}

/** Of several with the same name, the one removed last whose secret is not in use again. */
function findRemoved(vault: Vault, removed: readonly TokenRecord[], name: string): Token {
  const alike = removed.filter(({ token }) => token.name === name);
  const chosen = alike.find((record) => twinInUse(vault, record) === null) ?? alike[0];
  return (
    chosen?.token ??
    findToken(
      name,
      removed.map(({ token }) => token),
      {
        message: t`${JSON.stringify(name)} is no removed token, and no file of a backup`,
        hint: t("`fob restore` lists the removed tokens"),
      },
    )
  );
}

/** Throws FobError `usage` for a removed token whose secret was enrolled again. */
function refuseTwin(vault: Vault, removed: TokenRecord): void {
  const twin = twinInUse(vault, removed);
  if (!twin) return;
  throw new FobError("usage", t`${removed.token.name} is in use already, as ${twin.name}`, {
    hint: t`\`fob remove ${shellWord(twin.name)}\` and then \`fob restore ${shellWord(removed.token.id)}\`, if the removed one is to take its place`,
  });
}

/**
 * The token in use that holds the secret of a removed one, for the same account; null where there
 * is none.
 */
function twinInUse(vault: Vault, removed: TokenRecord): IndexEntry | null {
  const fingerprint = soundFingerprint(vault, removed);
  if (!fingerprint) return null;
  const { id, issuer, account, name, credential } = removed.token;
  const alike = vault
    .entries()
    .filter((entry) => entry.id !== id && entry.credential.kind === credential.kind)
    .filter(
      (entry) => entry.name === name || (entry.issuer === issuer && entry.account === account),
    );
  return alike.find((entry) => holdsSecret(vault, entry.id, fingerprint)) ?? null;
}

/**
 * Advances a removed token to the highest counter that the vault has for its secret. Returns the
 * token, or null where it has that counter already.
 */
async function raiseAmong(vault: Vault, removed: TokenRecord, look: Look): Promise<bigint | null> {
  const { id, credential } = removed.token;
  const fingerprint = soundFingerprint(vault, removed);
  if (counterOf(credential) === null || fingerprint === null) return null;
  const key = countingKey(fingerprint, credential);
  const highest = (await highestCounters(vault, new Set([key]), look)).get(key) ?? 0n;
  if (withCounter(removed, highest) === removed) return null;
  updateRecord(removedCell(vault, id), id, (current) => withCounter(current, highest));
  // what was given of a list is no number that says something
  return credential.kind === "list" ? null : highest;
}

function describeSettled({ passedOn, apart }: RestoredCodes, name: string): string[] {
  const left = plural(passedOn, "recovery code");
  return [
    ...(passedOn === 0
      ? []
      : [t`${left} of ${name} left out, because another token has them or has given them`]),
    ...apart.map(
      (other) =>
        t`the recovery codes of ${name} were not compared with ${plural(other.total, "recovery code")} of ${other.name}, which may be the same: only a PIN or a chip opens them`,
    ),
  ];
}

function describeDamaged(count: number): string[] {
  return count === 0
    ? []
    : [t`left out: ${plural(count, "removed token")} that cannot be read (\`fob doctor\`)`];
}

function toRestorable({ token: { id, name }, removedAt }: TokenRecord): Restorable[] {
  // every removed token has its date
  if (!removedAt) return [];
  return [
    {
      id,
      name,
      removedAt,
      restorableUntil: new Date(removedAt.getTime() + RESTORABLE_DAYS * 86_400_000),
    },
  ];
}
