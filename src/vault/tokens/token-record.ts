import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { decodeToken, encodeToken, TOKEN_VERSION } from "#token/codec.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { PinPolicy } from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
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
  readonly sealedSecret: string;
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
    fingerprint: fingerprintOf(secret, vaultKey),
    removedAt: null,
    vouchedAtRemoval: null,
    pushRequests: [],
  };
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
 * guard. Null when the PIN is wrong.
 */
export async function openSecretKey(
  record: TokenRecord,
  vaultKey: Secret,
  pin: Secret | null,
): Promise<Secret | null> {
  if (!record.guard) return unguardedSecretKey(record, vaultKey);
  if (pin === null) return null;
  const under = await guardedKey(record.token.id, vaultKey, record.guard, pin);
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

/** The record with its secret key wrapped anew under a PIN. */
export async function guardRecord(
  record: TokenRecord,
  keys: { readonly vaultKey: Secret; readonly secretKey: Secret },
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
  const wrappedSecretKey = wrapKey(keys.secretKey, under, secretPlace(record.token.id));
  forget(under);
  return { ...record, token: { ...record.token, pin: "user" }, guard, wrappedSecretKey };
}

/** The record with its secret key wrapped by the vault key alone. */
export function unguardRecord(
  record: TokenRecord,
  keys: { readonly vaultKey: Secret; readonly secretKey: Secret },
): TokenRecord {
  const under = deriveKey(keys.vaultKey, record.token.id, "secret key");
  const wrappedSecretKey = wrapKey(keys.secretKey, under, secretPlace(record.token.id));
  forget(under);
  return { ...record, token: { ...record.token, pin: "none" }, guard: null, wrappedSecretKey };
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
  return { ...record, wrappedSecretKey: "", sealedSecret: "", fingerprint: null };
}

/** Whether the secret was wiped. */
export function isWiped({ sealedSecret }: TokenRecord): boolean {
  return sealedSecret === "";
}

/** Throws FobError `locked` for a token whose secret was wiped. */
export function refuseWiped(record: TokenRecord): void {
  if (!isWiped(record)) return;
  throw new FobError(
    "locked",
    t`the secret of ${record.token.name} was wiped after too many wrong PINs`,
    {
      hint: t("a new enrollment is the way out: ask its issuer, then `fob enroll --replace`"),
    },
  );
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
