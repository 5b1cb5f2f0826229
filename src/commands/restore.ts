import { defineCommand, optional, value } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import { formatMoment } from "../cli/moments.ts";
import { formatTable } from "../cli/table.ts";
import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import { findToken } from "../token/find-token.ts";
import { printable } from "../token/printable.ts";
import type { Token } from "../token/token.ts";
import { RESTORABLE_DAYS, removedIds, removedTokens, restoreToken } from "../vault/removal.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import { conflictOptions, refuseBoth } from "./account-conflicts.ts";
import { MAX_BACKUP_BYTES, type RestoredBackup, readBackupFile, restoreBackup } from "./backup-restoring.ts";
import { existingVault } from "./lookup.ts";

interface Restorable {
  readonly id: string;
  readonly name: string;
  readonly removedAt: Date;
  readonly restorableUntil: Date;
}

type Restoration =
  | ({ readonly kind: "backup" } & RestoredBackup)
  | { readonly kind: "restored"; readonly id: string; readonly name: string }
  | { readonly kind: "restorable"; readonly tokens: readonly Restorable[]; readonly damaged: number };

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
    identity: value("FILE", "open the backup with this key file of age instead of a passphrase", "file"),
  },
  examples: [
    { command: "fob restore", explanation: "what was removed in the last 30 days" },
    { command: "fob restore old-vpn", explanation: "brings it back, counter and all" },
    { command: "fob restore tokens.age", explanation: "the tokens of a backup; asks for its passphrase" },
  ],
  isDelegable: async ({ name, identity, replace, keepBoth }, context) =>
    name === undefined ||
    (identity === undefined && !replace && !keepBoth && (await readBackupFile(name, context)) === null),
  async run({ name, identity, replace, keepBoth }, context): Promise<Restoration> {
    const bytes = name === undefined ? null : await readBackup(name, identity, context);
    if (name !== undefined && bytes) {
      refuseBoth({ replace, keepBoth });
      const file = { path: name, bytes, identityFile: identity };
      return { kind: "backup", ...(await restoreBackup(file, { replace, keepBoth }, context)) };
    }
    if (replace || keepBoth) throw new FobError("usage", t("--replace and --keep-both are for the file of a backup"));
    const vault = await existingVault(context);
    const removed = removedTokens(vault);
    const damaged = removedIds(vault).length - removed.length;
    if (name === undefined) return { kind: "restorable", tokens: removed.flatMap(toRestorable), damaged };
    const restored = restoreToken(vault, removedIds(vault).includes(name) ? name : findRemoved(removed, name).id);
    return { kind: "restored", id: restored.id, name: restored.name };
  },
  text(result, style) {
    if (result.kind === "restored") return printable(t`restored ${result.name}`);
    if (result.kind === "backup") return result.names.map((name) => printable(t`restored ${name}`)).join("\n");
    if (result.tokens.length === 0) return "";
    const rows = result.tokens.map(({ id, name, removedAt }) => [printable(name), formatMoment(removedAt, style), id]);
    return formatTable([t("NAME"), t("REMOVED"), t("ID")], rows, style);
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
    if (result.kind !== "backup") return [];
    const { known, refusals } = result;
    const there = plural(known, "token that is there already", "tokens that are there already");
    return [...refusals, ...(known > 0 ? [there] : [])].map((reason) => t`left out: ${reason}`);
  },
  failures: (result) => (result.kind === "backup" ? result.failures : []),
});

/** The backup that is meant, or null where a name is that of a removed token. What is given a key file is a backup for sure. */
async function readBackup(name: string, identity: string | undefined, context: Context): Promise<Buffer | null> {
  if (identity !== undefined) return context.readFile(name, MAX_BACKUP_BYTES);
  return readBackupFile(name, context);
}

/** Of several with one name, the one removed last is meant. */
function findRemoved(removed: readonly TokenRecord[], name: string): Token {
  const tokens = removed.map(({ token }) => token);
  return tokens.find((token) => token.name === name) ?? findToken(name, tokens);
}

function describeDamaged(count: number): string[] {
  return count === 0 ? [] : [t`left out: ${plural(count, "removed token")} that cannot be read (\`fob doctor\`)`];
}

function toRestorable({ token: { id, name }, removedAt }: TokenRecord): Restorable[] {
  // every removed token has its date
  if (!removedAt) return [];
  return [{ id, name, removedAt, restorableUntil: new Date(removedAt.getTime() + RESTORABLE_DAYS * 86_400_000) }];
}
