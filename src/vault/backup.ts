import * as v from "valibot";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { HASH_ALGORITHMS } from "../otp/algorithm.ts";
import { ALPHABETS, type Alphabet } from "../otp/alphabet.ts";
import { parseOcraSuite } from "../otp/ocra-suite.ts";
import { type PinPolicy, USER_PIN_POLICY } from "../token/pin-policy.ts";
import { decodeToken, encodeToken, type Token } from "../token/token.ts";

/** A token in a backup: all of it, and the policy that its PIN must keep to; the PIN itself is nowhere. */
export interface BackedUpToken {
  readonly token: Token;
  readonly secret: Uint8Array;
  readonly pinPolicy: PinPolicy | null;
}

const VERSION = 1;

const text = v.nullable(v.string());

const PolicySchema = v.object({
  minLength: v.number(),
  maxLength: v.number(),
  alphabet: v.picklist(["any", "numeric", "alphanumeric"]),
  attempts: v.number(),
  refuseTrivial: v.boolean(),
  atLimit: v.optional(v.picklist(["lock", "wipe"]), USER_PIN_POLICY.atLimit),
  history: v.optional(v.number(), USER_PIN_POLICY.history),
  expiryDays: v.optional(v.nullable(v.number()), USER_PIN_POLICY.expiryDays),
  changeFirst: v.optional(v.boolean(), USER_PIN_POLICY.changeFirst),
  biometric: v.optional(v.boolean(), USER_PIN_POLICY.biometric),
  required: v.optional(v.boolean(), USER_PIN_POLICY.required),
});

const counter = v.pipe(
  v.string(),
  v.check((digits) => /^[0-9]{1,20}$/.test(digits) && BigInt(digits) < 2n ** 64n),
);
const suite = v.pipe(v.string(), v.check(isOcraSuite));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const passcode = {
  algorithm: v.picklist(HASH_ALGORITHMS),
  digits: v.pipe(whole, v.minValue(4), v.maxValue(10)),
  alphabet: v.picklist(Object.keys(ALPHABETS) as Alphabet[]),
};
const push = { url: v.pipe(v.string(), v.url()), isQuick: v.boolean(), isInsecure: v.boolean() };
const CredentialSchema = v.variant("kind", [
  v.object({ kind: v.literal("totp"), ...passcode, period: v.pipe(whole, v.minValue(1)), t0: whole }),
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
  tokens: v.array(
    v.object({
      token: v.looseObject({
        id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
        name: v.string(),
        issuer: text,
        account: text,
        serial: text,
        format: v.string(),
        pin: v.picklist(["none", "user", "server"]),
        accessDomain: v.picklist(["00", "02", "FF"]),
        favorite: v.boolean(),
        enrolledAt: v.pipe(v.string(), v.isoTimestamp()),
        credential: CredentialSchema,
      }),
      secret: v.pipe(v.string(), v.base64()),
      pinPolicy: v.nullable(PolicySchema),
    }),
  ),
});

/** A backup as the bytes to be encrypted: JSON, with secrets in Base64. */
export function encodeBackup(tokens: readonly BackedUpToken[], createdAt: Date): Buffer {
  const entries = tokens.map(({ token, secret, pinPolicy }) => {
    return { token: encodeToken(token), secret: Buffer.from(secret).toString("base64"), pinPolicy };
  });
  return Buffer.from(JSON.stringify({ format: "fob-backup", version: VERSION, createdAt, tokens: entries }));
}

/** Reverses {@link encodeBackup}. Throws FobError `invalid` for what is no backup, or one of a newer fob. */
export function decodeBackup(bytes: Buffer): BackedUpToken[] {
  const backup = v.safeParse(BackupSchema, parse(bytes));
  if (!backup.success) throw new FobError("invalid", t("this file opens, and holds no backup that fob knows"));
  return backup.output.tokens.map(({ token, secret, pinPolicy }) => ({
    token: decodeToken(token as Parameters<typeof decodeToken>[0]),
    secret: Buffer.from(secret, "base64"),
    pinPolicy,
  }));
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

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    // what is no JSON is no backup either
    return null;
  }
}
