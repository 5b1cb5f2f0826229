import type { Context } from "../cli/context.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { counterOf, raiseCounter } from "../token/counter.ts";
import type { Credential } from "../token/credential.ts";
import { forget } from "../token/secret.ts";
import { decodeText } from "../token/text-encoding.ts";
import { type BackedUpToken, decodeBackup } from "../vault/backup.ts";
import { decryptFromAge, isAgeFile, parseIdentities } from "../vault/backup-encryption.ts";
import { finishInterrupted } from "../vault/interrupted.ts";
import { removedIds } from "../vault/removal.ts";
import { countingKey, readSound, soundFingerprint } from "../vault/same-secret.ts";
import { isCounting } from "../vault/token-index.ts";
import { fingerprintOf } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import { settleFile } from "./account-conflicts.ts";
import { askSecretFor } from "./ask-secret.ts";
import { askPins, forgetPins, pinsFor } from "./enrollment-pins.ts";
import { describeCounters, type NamedDraft, storeDrafts } from "./enrollment-storing.ts";

/** The largest backup that is read, in bytes: far more than ten thousand tokens. */
export const MAX_BACKUP_BYTES = 32 * 1024 * 1024;
const MAX_IDENTITY_BYTES = 1024 * 1024;

/** What came out of a backup: the names of the tokens that are back, and how many were there already. */
export interface RestoredBackup {
  readonly names: readonly string[];
  readonly known: number;
  readonly notes: readonly string[];
  /** Why tokens were left out: their account is there with another secret, or they could not be restored. */
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
export async function readBackupFile(path: string, context: Context): Promise<Buffer | null> {
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
 * Brings the tokens of a backup back that the vault does not have: with their names, counters and access domains. A token that had a PIN
 * gets a new one. Rejects with FobError `denied` for a wrong passphrase or identity, before anything is stored.
 */
export async function restoreBackup(
  { path, bytes, identityFile }: BackupFile,
  wishes: RestoreWishes,
  context: Context,
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
  if (tokens.length === 0 && refusals[0] !== undefined) throw new FobError("invalid", t`${path}: ${refusals[0]}`);
  const vault = await context.ensureVault();
  finishInterrupted(vault, context.processes);
  const known = new Set(vault.entries().map(({ id }) => id));
  const removed = new Set(removedIds(vault));
  const named = tokens.filter(({ token }) => !known.has(token.id)).map((entry) => toNamedDraft(entry, removed));
  const { wanted, replacing, failures } = await settleFile(vault, named, wishes, context);
  const pins = await askPins(wanted, false, context);
  const { stored, raised } = await context
    .doLongWork(t("interrupted: nothing was restored"), async (look) => {
      const storing = { now: context.clock(), processes: context.processes, look, pinOf: pinsFor(pins, context) };
      const stored = await storeDrafts(vault, wanted, { onKnown: "skip", replacing, ...storing });
      return { stored, raised: raiseKnown(vault, tokens) };
    })
    .finally(() => {
      forgetPins(pins);
      for (const { secret } of tokens) forget(secret);
    });
  return {
    names: stored.map(({ token }) => token.name),
    known: tokens.length - stored.length - failures.length,
    notes: [...describeCounters(stored), ...raised],
    failures: [...refusals.map((reason) => new FobError("invalid", reason)), ...failures],
    refusals,
    recoveryCode: context.newRecoveryCode(),
  };
}

/**
 * Moves event-based tokens that are there already on to the counter that the backup has of their secret, where that is higher: the
 * passcodes before it were given elsewhere. Returns what to tell.
 */
function raiseKnown(vault: Vault, tokens: readonly BackedUpToken[]): string[] {
  const counters = new Map<string, bigint>();
  for (const { token, secret } of tokens) {
    const counter = counterOf(token.credential);
    const key = countingKey(fingerprintOf(secret, vault.vaultKey), token.credential);
    if (counter !== null && counter > (counters.get(key) ?? -1n)) counters.set(key, counter);
  }
  if (counters.size === 0) return [];
  return vault
    .entries()
    .filter(isCounting)
    .flatMap(({ id }) => raiseTo(vault, id, counters) ?? []);
}

function raiseTo(vault: Vault, id: string, counters: ReadonlyMap<string, bigint>): string | null {
  const record = readSound(vault, id);
  const fingerprint = soundFingerprint(vault, record);
  const counter = record && fingerprint && counters.get(countingKey(fingerprint, record.token.credential));
  if (!record || !counter || raiseCounter(record.token.credential, counter) === record.token.credential) return null;
  vault.update(id, (current) => {
    const credential = raiseCounter(current.token.credential, counter);
    return credential === current.token.credential ? current : { ...current, token: { ...current.token, credential } };
  });
  return t`${record.token.name} is there already: it goes on at the counter ${counter} of the backup`;
}

async function readIdentities(path: string, context: Context): Promise<string[]> {
  return parseIdentities(decodeText(await context.readFile(path, MAX_IDENTITY_BYTES)), path);
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
