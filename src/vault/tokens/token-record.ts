import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { HashAlgorithm } from "#otp/algorithm.ts";
import { decodeToken, encodeToken, TOKEN_VERSION } from "#token/codec.ts";
import { raiseCounter } from "#token/counter.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { PinPolicy } from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import type { Chip, HeldKey } from "#vault/chip/chip.ts";
import {
  deriveKey,
  newKey,
  newStretching,
  type PinStretching,
  stretchPin,
  unwrapKey,
  wrapKey,
} from "#vault/keys/keys.ts";
import type { RememberedRequests } from "./push-memory.ts";

/** How a token's PIN protects its secret. */
export interface PinGuard {
  readonly policy: PinPolicy;
  readonly stretching: PinStretching;
  readonly setAt: Date;
  /** Whether the issuer chose this PIN, and the user must choose another one. */
  readonly mustChange: boolean;
  /** Verifiers of the last PINs; null where the policy does not keep a history. */
  readonly history: PinHistory | null;
  /**
   * The secret key again, wrapped by the vault key and the key that biometrics release; null where
   * biometrics are off.
   */
  readonly biometric: string | null;
}

/**
 * Verifiers of the last PINs, the newest first: a key from each PIN by the same stretching, in
 * Base64.
 */
export interface PinHistory {
  readonly stretching: PinStretching;
  readonly verifiers: readonly string[];
}

/**
 * A token as its cell stores it. The record key seals the whole record; the secret inside is also
 * sealed under the secret key. The secret key is wrapped by the vault key, or by vault key and PIN
 * together: without the PIN the secret cannot be decrypted.
 */
export interface TokenRecord {
  readonly token: Token;
  readonly guard: PinGuard | null;
  readonly wrappedSecretKey: string;
  /** Empty where the secret was wiped, or a chip holds it. */
  readonly sealedSecret: string;
  /**
   * The chip's key that has the secret; null where the record itself has it. The secret key is then
   * the auth value of that key. Behind a PIN it is not wrapped, but derived: the chip checks it.
   */
  readonly held: HeldKey | null;
  /**
   * Recognizes the same secret without opening it ({@link fingerprintOf}); null in records of older
   * versions, which had none.
   */
  readonly fingerprint: string | null;
  /** When it was removed; null for a token in use. */
  readonly removedAt: Date | null;
  /**
   * The time that the calendar had counted at the removal, in milliseconds; null where the calendar
   * could not be read.
   */
  readonly vouchedAtRemoval: number | null;
  /** Login requests that were received for this token; empty for tokens without push. */
  readonly pushRequests: RememberedRequests;
}

/** A new record for `token`, its secret sealed under a new secret key. */
export function createRecord(token: Token, secret: Uint8Array, vaultKey: Secret): TokenRecord {
  const secretKey = newKey();
  const sealedSecret = encrypt(secretKey, secret, secretPlace(token.id)).toString("base64");
  const under = deriveKey(vaultKey, token.id, "secret key");
  const wrappedSecretKey = wrapKey(secretKey, under, secretPlace(token.id));
  forget(secretKey, under);
  return {
    token,
    guard: null,
    wrappedSecretKey,
    sealedSecret,
    held: null,
    fingerprint: fingerprintOf(secret, vaultKey),
    removedAt: null,
    vouchedAtRemoval: null,
    pushRequests: [],
  };
}

/** The record with its counter raised as by {@link raiseCounter}; the same where none rises. */
export function withCounter(record: TokenRecord, counter: bigint): TokenRecord {
  const credential = raiseCounter(record.token.credential, counter);
  return credential === record.token.credential
    ? record
    : { ...record, token: { ...record.token, credential } };
}

/**
 * A fingerprint of a secret, in Base64: the same for the same secret in one vault, and meaningless
 * without the vault's key. It may be stored beside a secret behind a PIN: with the vault's key,
 * trying all PINs is faster than trying all secrets.
 */
export function fingerprintOf(secret: Uint8Array, vaultKey: Secret): string {
  return deriveKey(secret, vaultKey, "fingerprint of a secret").toString("base64");
}

/**
 * The key of a record's secret, opened by the vault key, and by the PIN where the record has a
 * guard. Null when the PIN is wrong; for a secret that a chip holds, only the chip knows that.
 */
export async function openSecretKey(
  record: TokenRecord,
  vaultKey: Secret,
  pin: Secret | null,
): Promise<Secret | null> {
  if (!record.guard) return unguardedSecretKey(record, vaultKey);
  if (pin === null) return null;
  const under = await guardedKey(record.token.id, vaultKey, record.guard, pin);
  if (record.held) return under;
  const secretKey = unwrapKey(record.wrappedSecretKey, under, secretPlace(record.token.id));
  forget(under);
  return secretKey;
}

/**
 * The key of the secret of a record without a guard. Throws FobError `invalid` when the record is
 * damaged.
 */
export function unguardedSecretKey(record: TokenRecord, vaultKey: Secret): Secret {
  const under = deriveKey(vaultKey, record.token.id, "secret key");
  const key = unwrapKey(record.wrappedSecretKey, under, secretPlace(record.token.id));
  if (key) return key;
  throw new FobError("invalid", t`the record of ${record.token.name} is damaged`);
}

/** A PIN that its policy has accepted. */
export interface NewPin {
  readonly pin: Secret;
  readonly policy: PinPolicy;
  readonly setAt: Date;
  /** Whether the user chose it, and not the issuer. */
  readonly isOwn: boolean;
}

/** What changes the PIN of a record. The chip changes the auth value of a key that it holds. */
export interface GuardKeys {
  readonly vaultKey: Secret;
  readonly secretKey: Secret;
  /** Called for a record whose secret is held. */
  chip(): Chip;
}

/** The record with its secret key wrapped anew under a PIN. */
export async function guardRecord(
  record: TokenRecord,
  keys: GuardKeys,
  { pin, policy, setAt, isOwn }: NewPin,
): Promise<TokenRecord> {
  const history =
    policy.history > 0 ? await remember(record, keys.vaultKey, pin, policy.history) : null;
  const mustChange = policy.changeFirst && !isOwn;
  const guard: PinGuard = {
    policy,
    stretching: newStretching(),
    setAt,
    mustChange,
    history,
    biometric: null,
  };
  const under = await guardedKey(record.token.id, keys.vaultKey, guard, pin);
  const token: Token = { ...record.token, pin: "user" };
  try {
    const held = record.held && (await withAuth(record, record.held, keys, under));
    const wrappedSecretKey = held
      ? ""
      : wrapKey(keys.secretKey, under, secretPlace(record.token.id));
    return { ...record, token, guard, wrappedSecretKey, held };
  } finally {
    forget(under);
  }
}

/** The record with its secret key wrapped by the vault key alone. */
export async function unguardRecord(record: TokenRecord, keys: GuardKeys): Promise<TokenRecord> {
  const auth = newKey();
  const held = record.held && (await withAuth(record, record.held, keys, auth));
  const under = deriveKey(keys.vaultKey, record.token.id, "secret key");
  const secretKey = held ? auth : keys.secretKey;
  const wrappedSecretKey = wrapKey(secretKey, under, secretPlace(record.token.id));
  forget(under, auth);
  const token: Token = { ...record.token, pin: "none" };
  return { ...record, token, guard: null, wrappedSecretKey, held };
}

/** The held key of a record for another auth value. */
async function withAuth(
  { token }: TokenRecord,
  held: HeldKey,
  { chip, secretKey }: GuardKeys,
  next: Secret,
): Promise<HeldKey> {
  const changed = await chip().changeAuth(held, secretKey, next);
  if (changed) return changed;
  throw refusedByChip(token);
}

/**
 * The record with its secret in the chip from now on. Its PIN stays, where it has one; biometrics
 * do not. Without a PIN the record keeps the auth value, wrapped by the vault key.
 */
export async function holdRecord(
  record: TokenRecord,
  secret: Secret,
  algorithm: HashAlgorithm,
  { vaultKey, pin, chip }: { readonly vaultKey: Secret; readonly pin: Secret | null; chip: Chip },
): Promise<TokenRecord> {
  const { id } = record.token;
  const isGuarded = record.guard !== null && pin !== null;
  const auth = isGuarded ? await guardedKey(id, vaultKey, record.guard, pin) : newKey();
  const held = await chip.holdSecret(secret, algorithm, auth);
  const under = deriveKey(vaultKey, id, "secret key");
  const wrappedSecretKey = isGuarded ? "" : wrapKey(auth, under, secretPlace(id));
  forget(under, auth);
  const token: Token = { ...record.token, heldBy: "tpm" };
  const guard = record.guard && { ...record.guard, biometric: null };
  return { ...record, token, guard, wrappedSecretKey, sealedSecret: "", held };
}

/** The error for an auth value that no PIN is part of, and that the chip refuses all the same. */
export function refusedByChip({ name }: Pick<Token, "name">): FobError {
  return new FobError("invalid", t`the TPM does not know the key that it holds for ${name}`, {
    hint: t("the record was put together from two: restore the vault folder as a whole"),
  });
}

/**
 * Throws FobError `denied` for a token whose secret a chip holds, because nothing gets it out
 * again.
 */
export function refuseHeld({ token, held }: Pick<TokenRecord, "token" | "held">): void {
  if (!held) return;
  throw new FobError(
    "denied",
    t`the TPM holds the secret of ${token.name}, and gives it to nobody`,
    {
      hint: t("it stays usable here; for another device, enroll a token of its own there"),
    },
  );
}

/** Whether two records have the same PIN, or both none. */
export function isGuardedAlike(one: TokenRecord, other: TokenRecord): boolean {
  return (
    one.wrappedSecretKey === other.wrappedSecretKey &&
    one.held?.privateArea === other.held?.privateArea
  );
}

/**
 * The guard with biometrics on, which needs the opened secret key, or with biometrics off (`keys`
 * null).
 */
export function withBiometrics(
  { token, guard }: TokenRecord,
  keys: { readonly vaultKey: Secret; readonly secretKey: Secret; readonly released: Secret } | null,
): PinGuard {
  if (!guard) throw new Error("biometrics stand for a PIN, and this token has none");
  if (!keys) return { ...guard, biometric: null };
  const under = biometricKey(token.id, keys.vaultKey, keys.released);
  const biometric = wrapKey(keys.secretKey, under, secretPlace(token.id));
  forget(under);
  return { ...guard, biometric };
}

/** The secret key, opened by the key that biometrics released; null when that is the wrong key. */
export function openByBiometrics(
  { token, guard }: TokenRecord,
  vaultKey: Secret,
  released: Secret,
): Secret | null {
  if (!guard?.biometric) return null;
  const under = biometricKey(token.id, vaultKey, released);
  const secretKey = unwrapKey(guard.biometric, under, secretPlace(token.id));
  forget(under);
  return secretKey;
}

/** Whether `pin` is one of the last PINs that the token's policy asks to remember. */
export async function isRemembered(
  { token, guard }: TokenRecord,
  vaultKey: Secret,
  pin: Secret,
): Promise<boolean> {
  if (!guard?.history) return false;
  const verifier = await verifierOf(token.id, vaultKey, guard.history.stretching, pin);
  return guard.history.verifiers.some((known) =>
    sameSecret(Buffer.from(known, "base64"), verifier),
  );
}

async function remember(
  { token, guard }: TokenRecord,
  vaultKey: Secret,
  pin: Secret,
  length: number,
): Promise<PinHistory> {
  const { stretching, verifiers } = guard?.history ?? {
    stretching: newStretching(),
    verifiers: [],
  };
  const verifier = await verifierOf(token.id, vaultKey, stretching, pin);
  return { stretching, verifiers: [verifier.toString("base64"), ...verifiers].slice(0, length) };
}

/** The record without its secret; no key can open it afterwards. */
export function wipeRecord(record: TokenRecord): TokenRecord {
  return { ...record, wrappedSecretKey: "", sealedSecret: "", held: null, fingerprint: null };
}

/** Whether the secret was wiped. */
export function isWiped({ sealedSecret, held }: TokenRecord): boolean {
  return sealedSecret === "" && held === null;
}

/** Throws FobError `locked` for a token whose secret was wiped. */
export function refuseWiped(record: TokenRecord): void {
  if (!isWiped(record)) return;
  throw new FobError(
    "locked",
    t`the secret of ${record.token.name} was wiped after too many wrong PINs`,
    { hint: afterWiping() },
  );
}

/** The hint for a token whose secret was wiped. */
export function afterWiping(): string {
  return t("a new enrollment is the way out: ask its issuer, then `fob enroll --replace`");
}

/**
 * The secret. The caller forgets it after use. Null when `secretKey` does not belong to this
 * record.
 */
export function openSecret(record: TokenRecord, secretKey: Secret): Secret | null {
  return decrypt(
    secretKey,
    Buffer.from(record.sealedSecret, "base64"),
    secretPlace(record.token.id),
  );
}

/** The record as bytes for its cell. */
export function encodeRecord({ token, ...rest }: TokenRecord): Buffer {
  const json = { ...rest, version: TOKEN_VERSION, token: encodeToken(token) };
  return Buffer.from(JSON.stringify(json));
}

/**
 * Reverses {@link encodeRecord}. The seal proves that the bytes are unaltered, but not which
 * version wrote them: throws FobError `invalid` for what is no record, or one of a newer fob. A
 * field that this version does not know stays in the record.
 */
export function decodeRecord(value: Buffer): TokenRecord {
  const json = parseRecord(value);
  if ((json.version ?? 0) > TOKEN_VERSION) throw writtenByNewer(nameIn(json));
  const record = toRecord(json);
  if (record) return record;
  throw unreadableRecord();
}

/** A record as JSON data, of this version or an earlier one. */
type RecordJson = Partial<
  Omit<TokenRecord, "token" | "guard" | "removedAt"> & {
    readonly version: number;
    readonly token: unknown;
    readonly guard: (Omit<PinGuard, "setAt"> & { readonly setAt: string }) | null;
    readonly removedAt: string | null;
  }
>;

function parseRecord(value: Buffer): RecordJson {
  try {
    const json: unknown = JSON.parse(value.toString());
    if (typeof json === "object" && json !== null) return json;
  } catch (error) {
    throw unreadableRecord(error);
  }
  throw unreadableRecord();
}

function nameIn({ token }: RecordJson): string {
  const { name } = (token ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : t("the token's file");
}

function unreadableRecord(cause?: unknown): FobError {
  return new FobError(
    "invalid",
    t("the token's file opens, and holds nothing that this version of fob knows"),
    {
      cause,
      hint: t("a newer version may know it; `fob remove` puts the file aside"),
    },
  );
}

/** Null where a field is missing that every use of a token needs. */
function toRecord({ version: _, ...json }: RecordJson): TokenRecord | null {
  const token = decodeToken(json.token);
  const guard = toGuard(json.guard);
  const { wrappedSecretKey, sealedSecret, pushRequests = [] } = json;
  const isRecord =
    typeof wrappedSecretKey === "string" &&
    typeof sealedSecret === "string" &&
    Array.isArray(pushRequests);
  if (!token || guard === undefined || !isRecord) return null;
  return {
    ...json,
    token,
    guard,
    wrappedSecretKey,
    sealedSecret,
    held: json.held ?? null,
    fingerprint: json.fingerprint ?? null,
    removedAt: json.removedAt ? new Date(json.removedAt) : null,
    // missing in records of older versions
    vouchedAtRemoval: json.vouchedAtRemoval ?? null,
    pushRequests,
  };
}

/** Undefined for JSON that is no guard. */
function toGuard(json: RecordJson["guard"]): PinGuard | null | undefined {
  if (json === null) return null;
  if (typeof json?.policy !== "object" || typeof json.stretching !== "object") return undefined;
  return { ...json, setAt: new Date(json.setAt) };
}

function biometricKey(id: string, vaultKey: Secret, released: Secret): Secret {
  return deriveKey(
    vaultKey,
    Buffer.concat([Buffer.from(id), released]),
    "secret key and biometrics",
  );
}

async function verifierOf(
  id: string,
  vaultKey: Secret,
  stretching: PinStretching,
  pin: Secret,
): Promise<Secret> {
  const stretched = await stretchPin(pin, stretching);
  const verifier = deriveKey(vaultKey, Buffer.concat([Buffer.from(id), stretched]), "PIN history");
  forget(stretched);
  return verifier;
}

async function guardedKey(
  id: string,
  vaultKey: Secret,
  guard: PinGuard,
  pin: Secret,
): Promise<Secret> {
  const stretched = await stretchPin(pin, guard.stretching);
  const key = deriveKey(
    vaultKey,
    Buffer.concat([Buffer.from(id), stretched]),
    "secret key and PIN",
  );
  forget(stretched);
  return key;
}

function secretPlace(id: string): string {
  return `${id}/secret`;
}
