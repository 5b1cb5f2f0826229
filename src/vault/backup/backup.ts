import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { ALPHABETS, type Alphabet } from "#otp/alphabet.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { parseJson } from "#token/bounded-json.ts";
import { shortenName } from "#token/clean-name.ts";
import { parseIsoDate } from "#token/iso-date.ts";
import { type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { decodeToken, encodeToken, type Token } from "#token/token.ts";

/**
 * A token in a backup: all of it, and the policy that its PIN must keep to; the PIN itself is
 * nowhere.
 */
export interface BackedUpToken {
  readonly token: Token;
  readonly secret: Uint8Array;
  readonly pinPolicy: PinPolicy | null;
}

const VERSION = 1;

/** Thirty values a token, for as many tokens as a file may hold. */
const MAX_VALUES = 1_500_000;

/** The private key of a push token is the longest secret, in bytes. */
const MAX_SECRET_BYTES = 8_192;

/** Where passcodes are cut off, and time begins, as at enrollment. */
const MAX_PERIOD = 86_400;
const MAX_T0 = 253_402_300_799;

/**
 * Names that older versions took as they came are cleaned as at enrollment, and cut rather than
 * refused.
 */
export const CleanTextSchema = v.pipe(
  v.nullable(v.string()),
  v.transform((name) => (name === null ? null : shortenName(name))),
);

const from = (min: number, max: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));
const length = from(1, 9_999);

const PolicyObject = v.object({
  minLength: length,
  maxLength: length,
  alphabet: v.picklist(["any", "numeric", "alphanumeric"]),
  attempts: from(1, 9_999),
  refuseTrivial: v.boolean(),
  atLimit: v.optional(v.picklist(["lock", "wipe"]), USER_PIN_POLICY.atLimit),
  history: v.optional(from(0, 24), USER_PIN_POLICY.history),
  expiryDays: v.optional(v.nullable(from(1, 3_650)), USER_PIN_POLICY.expiryDays),
  changeFirst: v.optional(v.boolean(), USER_PIN_POLICY.changeFirst),
  biometric: v.optional(v.boolean(), USER_PIN_POLICY.biometric),
  required: v.optional(v.boolean(), USER_PIN_POLICY.required),
});

/** The policy of a PIN, as older versions wrote it, too. */
export const PolicySchema = v.pipe(
  PolicyObject,
  v.check(({ minLength, maxLength }) => minLength <= maxLength),
);

const counter = v.pipe(
  v.string(),
  v.check((digits) => /^[0-9]{1,20}$/.test(digits) && BigInt(digits) < 2n ** 64n),
);
const suite = v.pipe(v.string(), v.check(isOcraSuite));
const passcode = {
  algorithm: v.picklist(HASH_ALGORITHMS),
  digits: from(4, 10),
  alphabet: v.picklist(Object.keys(ALPHABETS) as Alphabet[]),
};
const push = { url: v.pipe(v.string(), v.url()), isQuick: v.boolean(), isInsecure: v.boolean() };
/** How a token makes its passcodes, within the bounds of enrollment. */
export const CredentialSchema = v.variant("kind", [
  v.object({
    kind: v.literal("totp"),
    ...passcode,
    period: from(1, MAX_PERIOD),
    t0: from(0, MAX_T0),
  }),
  v.object({ kind: v.literal("hotp"), ...passcode, counter }),
  v.object({ kind: v.literal("ocra"), suite, counter: v.nullable(counter) }),
  v.object({ kind: v.literal("motp") }),
  v.object({
    kind: v.literal("push"),
    protocol: v.literal("privacyidea"),
    serverKey: v.pipe(v.string(), v.base64()),
    ...push,
  }),
  v.object({
    kind: v.literal("push"),
    protocol: v.literal("tiqr"),
    service: v.string(),
    identity: v.string(),
    suite,
    ...push,
  }),
]);

const BackupSchema = v.object({
  format: v.literal("fob-backup"),
  version: v.literal(VERSION),
  tokens: v.array(v.unknown()),
});

/** A token's id. */
export const IdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

/** Which form an enrollment string had. */
export const FormatSchema = v.pipe(v.string(), v.maxLength(64));

export const AccessDomainSchema = v.picklist(["00", "02", "FF"]);

/** A moment as ISO 8601 text. */
export const TimeSchema = v.pipe(
  v.string(),
  v.check((date) => parseIsoDate(date)?.hasZone === true),
);

/** A secret in Base64. */
export const SecretSchema = v.pipe(
  v.string(),
  v.maxLength(2 * MAX_SECRET_BYTES),
  v.base64(),
  v.transform((encoded) => Buffer.from(encoded, "base64")),
  v.check((secret) => secret.length >= 1 && secret.length <= MAX_SECRET_BYTES),
);

const EntrySchema = v.object({
  token: v.looseObject({
    id: IdSchema,
    name: CleanTextSchema,
    issuer: CleanTextSchema,
    account: CleanTextSchema,
    serial: CleanTextSchema,
    format: FormatSchema,
    pin: v.picklist(["none", "user", "server"]),
    accessDomain: AccessDomainSchema,
    favorite: v.boolean(),
    enrolledAt: TimeSchema,
    credential: CredentialSchema,
  }),
  secret: SecretSchema,
  pinPolicy: v.nullable(PolicySchema),
});

/** What is in a backup: its tokens, and for each one that cannot be restored, why. */
export interface BackupContent {
  readonly tokens: readonly BackedUpToken[];
  readonly refusals: readonly string[];
}

/** A backup as the bytes to be encrypted: JSON, with secrets in Base64. */
export function encodeBackup(tokens: readonly BackedUpToken[], createdAt: Date): Buffer {
  const entries = tokens.map(({ token, secret, pinPolicy }) => {
    return { token: encodeToken(token), secret: Buffer.from(secret).toString("base64"), pinPolicy };
  });
  return Buffer.from(
    JSON.stringify({ format: "fob-backup", version: VERSION, createdAt, tokens: entries }),
  );
}

/**
 * Reverses {@link encodeBackup}. A token that is damaged, or what no issuer could have given, hides
 * no other one. Throws FobError `invalid` for what is no backup, or one of a newer fob.
 */
export function decodeBackup(bytes: Buffer): BackupContent {
  const backup = v.safeParse(
    BackupSchema,
    parseJson(bytes.toString("utf8"), { values: MAX_VALUES }),
    {
      abortEarly: true,
    },
  );
  if (!backup.success)
    throw new FobError("invalid", t("this file opens, and holds no backup that fob knows"));
  const tokens: BackedUpToken[] = [];
  const refusals: string[] = [];
  for (const [i, entry] of backup.output.tokens.entries()) {
    const parsed = v.safeParse(EntrySchema, entry, { abortEarly: true });
    if (parsed.success) tokens.push(toBackedUp(parsed.output));
    else
      refusals.push(
        t`${describe(entry, i)}: ${placeOf(parsed.issues[0])} is damaged, or out of bounds`,
      );
  }
  return { tokens, refusals };
}

function toBackedUp({
  token,
  secret,
  pinPolicy,
}: v.InferOutput<typeof EntrySchema>): BackedUpToken {
  const name = token.name ?? token.issuer ?? token.account ?? token.id;
  return {
    token: decodeToken({ ...token, name } as Parameters<typeof decodeToken>[0]),
    secret,
    pinPolicy,
  };
}

/** Which value of a token is wrong, by its path in the file. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  return v.getDotPath(issue as v.InferIssue<typeof EntrySchema>) ?? t("the token");
}

/** How people know a token of which little can be read. */
function describe(entry: unknown, index: number): string {
  const named = v.safeParse(v.object({ token: v.object({ name: v.string() }) }), entry);
  return (named.success ? shortenName(named.output.token.name) : null) ?? t`token ${index + 1}`;
}

function isOcraSuite(text: string): boolean {
  try {
    parseOcraSuite(text);
    return true;
  } catch {
    // then it is none
    return false;
  }
}
