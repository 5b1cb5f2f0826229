import type { Context } from "../cli/context.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import type { FobError } from "../fob-error.ts";
import type { Credential } from "../token/credential.ts";
import { forget } from "../token/secret.ts";
import { type BackedUpToken, decodeBackup } from "../vault/backup.ts";
import { decryptFromAge, isAgeFile, parseIdentities } from "../vault/backup-encryption.ts";
import { removedIds } from "../vault/removal.ts";
import { settleFile } from "./account-conflicts.ts";
import { askPins, guardTokens } from "./enrollment-pins.ts";
import { type NamedDraft, storeDrafts } from "./enrollment-storing.ts";

/** The largest backup that is read, in bytes: far more than ten thousand tokens. */
const MAX_BACKUP_BYTES = 64 * 1024 * 1024;
const MAX_IDENTITY_BYTES = 1024 * 1024;

/** What came out of a backup: the names of the tokens that are back, and how many were there already. */
export interface RestoredBackup {
  readonly names: readonly string[];
  readonly known: number;
  /** Why tokens whose account is there with another secret were left out. */
  readonly failures: readonly FobError[];
  /** Of the vault that was made for them; for what reads JSON. */
  readonly recoveryCode: string | null;
}

/** What was wished for a backup: which key opens it, and what becomes of accounts that have another secret here. */
export interface RestoreWishes {
  readonly identity: string | undefined;
  readonly replace: boolean;
  readonly keepBoth: boolean;
}

/** Whether a path names a file that `fob backup` or age has written. */
export async function isBackupFile(path: string, context: Context): Promise<boolean> {
  return (await context.fileExists(path)) && isAgeFile(await context.readFile(path, MAX_BACKUP_BYTES));
}

/**
 * Brings the tokens of a backup back that the vault does not have: with their names, counters and access domains. A token that had a PIN
 * gets a new one. Rejects with FobError `denied` for a wrong passphrase or identity, before anything is stored.
 */
export async function restoreBackup(
  path: string,
  { identity: identityFile, ...wishes }: RestoreWishes,
  context: Context,
): Promise<RestoredBackup> {
  const bytes = await context.readFile(path, MAX_BACKUP_BYTES);
  const plaintext = await decryptFromAge(bytes, {
    identities: identityFile === undefined ? [] : await readIdentities(identityFile, context),
    askPassphrase: () => context.pinPrompt.ask({ of: path, role: "passphrase", refusal: null }),
  });
  const tokens = decodeBackup(plaintext);
  forget(plaintext);
  const vault = await context.ensureVault();
  const known = new Set(vault.entries().map(({ id }) => id));
  const removed = new Set(removedIds(vault));
  const named = tokens.filter(({ token }) => !known.has(token.id)).map((entry) => toNamedDraft(entry, removed));
  const { wanted, replacing, failures } = await settleFile(vault, named, wishes, context);
  const pins = await askPins(wanted, false, context);
  const stored = storeDrafts(vault, wanted, { onKnown: "skip", replacing, now: context.clock() });
  await guardTokens(vault, stored, pins, context);
  for (const { secret } of tokens) forget(secret);
  return {
    names: stored.map(({ token }) => token.name),
    known: tokens.length - stored.length - failures.length,
    failures,
    recoveryCode: context.newRecoveryCode(),
  };
}

async function readIdentities(path: string, context: Context): Promise<string[]> {
  return parseIdentities((await context.readFile(path, MAX_IDENTITY_BYTES)).toString("utf8"), path);
}

/** A token that was removed here keeps its id for when it is restored, and its backup becomes another one. */
function toNamedDraft({ token, secret, pinPolicy }: BackedUpToken, removed: ReadonlySet<string>): NamedDraft {
  const { id, accessDomain, favorite, enrolledAt, name, issuer, account, serial, credential, format } = token;
  const draft: EnrollmentDraft<Credential> = {
    ...{ format, name, issuer, account, serial, credential, secret },
    ...{ fields: [], findings: [] },
    ...(pinPolicy ? { pin: { type: "user", policy: pinPolicy } } : {}),
    ...(token.pin === "server" ? { pin: { type: "server" } } : {}),
  };
  return {
    name,
    isChosen: false,
    draft,
    past: { ...(removed.has(id) ? {} : { id }), accessDomain, favorite, enrolledAt },
  };
}
