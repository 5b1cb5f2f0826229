import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { addDrafts, type ClientContext } from "#commands/enroll/add-drafts.ts";
import { askSecretFor, type SecretContext } from "#commands/enroll/ask-secret.ts";
import type { NamedDraft } from "#commands/enroll/named-draft.ts";
import { describeCounters } from "#commands/enroll/store-drafts.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Credential } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import { decodeText } from "#token/text-encoding.ts";
import { type BackedUpToken, decodeBackup } from "#vault/backup/backup.ts";
import { decryptFromAge, isAgeFile, parseIdentities } from "#vault/backup/backup-encryption.ts";
import { describeRaised } from "./backup-counters.ts";

/** What restoring a backup needs. */
export type RestoringContext = ClientContext &
  SecretContext &
  Pick<Context, "endAtSignals" | "newRecoveryCode" | "readFile">;

/** The largest backup that is read, in bytes: far more than ten thousand tokens. */
export const MAX_BACKUP_BYTES = 32 * 1024 * 1024;
const MAX_IDENTITY_BYTES = 1024 * 1024;

/**
 * What came out of a backup: the names of the tokens that are back, and how many were there
 * already.
 */
export interface RestoredBackup {
  readonly names: readonly string[];
  readonly known: number;
  readonly notes: readonly string[];
  /**
   * Why tokens were left out: their account is there with another secret, or they could not be
   * restored.
   */
  readonly failures: readonly FobError[];
  /** For each token that could not be restored, why. */
  readonly refusals: readonly string[];
  /** Of the vault that was made for them; for what reads JSON. */
  readonly recoveryCode: string | null;
}

/** What becomes of accounts that have another secret here than in a backup. */
export interface RestoreWishes {
  readonly replace: boolean;
  readonly keepBoth: boolean;
}

/** The bytes of a file that `fob backup` or age has written, or null where a path names none. */
export async function readBackupFile(
  path: string,
  context: Pick<Context, "fileExists" | "readFile">,
): Promise<Buffer | null> {
  if (!(await context.fileExists(path))) return null;
  const bytes = await context.readFile(path, MAX_BACKUP_BYTES);
  return isAgeFile(bytes) ? bytes : null;
}

/** A backup to be restored, and the key file of age that opens it, if it is not a passphrase. */
export interface BackupFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly identityFile: string | undefined;
}

/**
 * Brings the tokens of a backup back that the vault does not have: with their names, counters and
 * access domains. A token that had a PIN gets a new one. Rejects with FobError `denied` for a wrong
 * passphrase or identity, before anything is stored.
 */
export async function restoreBackup(
  { path, bytes, identityFile }: BackupFile,
  wishes: RestoreWishes,
  context: RestoringContext,
): Promise<RestoredBackup> {
  const identities = identityFile === undefined ? [] : await readIdentities(identityFile, context);
  const askPassphrase = () => askSecretFor(path, context)("passphrase", null);
  const { tokens, refusals } = await context.endAtSignals(async () => {
    const plaintext = await decryptFromAge(bytes, { identities, askPassphrase });
    try {
      return decodeBackup(plaintext);
    } finally {
      forget(plaintext);
    }
  });
  if (tokens.length === 0 && refusals[0] !== undefined)
    throw new FobError("invalid", t`${path}: ${refusals[0]}`);
  const named = tokens.map(toNamedDraft);
  const added = await addDrafts(named, { by: "restore", pin: false, ...wishes }, context);
  const { stored, failures, raised, notes } = added;
  return {
    names: stored.map(({ view }) => view.name),
    known: tokens.length - stored.length - failures.length,
    notes: [...describeCounters(stored), ...raised.map(describeRaised), ...notes],
    failures: [...refusals.map((reason) => new FobError("invalid", reason)), ...failures],
    refusals,
    recoveryCode: context.newRecoveryCode(),
  };
}

async function readIdentities(path: string, context: Pick<Context, "readFile">): Promise<string[]> {
  return parseIdentities(decodeText(await context.readFile(path, MAX_IDENTITY_BYTES), path), path);
}

function toNamedDraft(backedUp: BackedUpToken): NamedDraft {
  const { token, secret, pinPolicy, note, recoveryCodes } = backedUp;
  const { name, issuer, account, serial, credential, format, pin, ...past } = token;
  const draft: EnrollmentDraft<Credential> = {
    ...{ format, name, issuer, account, serial, credential, secret },
    ...{ fields: [], findings: [] },
    ...{ recoveryCodes, ...(note === null ? {} : { note }) },
    ...(pinPolicy ? { pin: { type: "user", policy: pinPolicy } } : {}),
    ...(pin === "server" ? { pin: { type: "server", order: token.pinOrder } } : {}),
  };
  return {
    name,
    isChosen: false,
    draft,
    past,
  };
}
