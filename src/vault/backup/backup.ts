import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { parseJson } from "#token/bounded-json.ts";
import { shortenName } from "#token/clean-name.ts";
import { MAX_CODE_LENGTH, MAX_CODES, type RecoveryCode } from "#token/code-list.ts";
import { encodeToken, TOKEN_VERSION, tokenSchemas } from "#token/codec.ts";
import { integer } from "#token/credential-codec.ts";
import { writtenByNewer } from "#token/newer.ts";
import { foreignNote } from "#token/note.ts";
import {
  LIMIT_ACTIONS,
  PIN_ALPHABETS,
  type PinPolicy,
  USER_PIN_POLICY,
} from "#token/pin-policy.ts";
import type { Token } from "#token/token.ts";

/** A token in a backup, with the policy for its PIN; the PIN itself is not in the backup. */
export interface BackedUpToken {
  readonly token: Token;
  readonly secret: Uint8Array;
  readonly pinPolicy: PinPolicy | null;
  /** Its note; null for none. */
  readonly note: string | null;
  readonly recoveryCodes: readonly RecoveryCode[];
}

/** Increases with the version of a token, and with any other change of the format. */
const VERSION = TOKEN_VERSION;

/** Thirty values a token, for as many tokens as a file may hold. */
const MAX_VALUES = 1_500_000;

/** The private key of a push token is the longest secret, in bytes. */
const MAX_SECRET_BYTES = 8_192;

const length = integer(1, 9_999);

const PolicyObject = v.strictObject({
  minLength: length,
  maxLength: length,
  alphabet: v.picklist(PIN_ALPHABETS),
  attempts: integer(1, 9_999),
  refuseTrivial: v.boolean(),
  atLimit: v.optional(v.picklist(LIMIT_ACTIONS), USER_PIN_POLICY.atLimit),
  history: v.optional(integer(0, 24), USER_PIN_POLICY.history),
  expiryDays: v.optional(v.nullable(integer(1, 3_650)), USER_PIN_POLICY.expiryDays),
  changeFirst: v.optional(v.boolean(), USER_PIN_POLICY.changeFirst),
  biometric: v.optional(v.boolean(), USER_PIN_POLICY.biometric),
  required: v.optional(v.boolean(), USER_PIN_POLICY.required),
} satisfies { [K in keyof PinPolicy]: v.GenericSchema<unknown, PinPolicy[K]> });

/** A PIN policy, as this version or an older one wrote it. */
export const PolicySchema = v.pipe(
  PolicyObject,
  v.check(({ minLength, maxLength }) => minLength <= maxLength),
);

const BackupSchema = v.object({
  format: v.literal("fob-backup"),
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  tokens: v.array(v.unknown()),
});

/** A secret in Base64. */
export const SecretSchema = v.pipe(
  v.string(),
  v.maxLength(2 * MAX_SECRET_BYTES),
  v.base64(),
  v.transform((encoded) => Buffer.from(encoded, "base64")),
  v.check((secret) => secret.length >= 1 && secret.length <= MAX_SECRET_BYTES),
);

/** The note of a token; files of older versions have none. */
export const NoteSchema = v.optional(
  v.nullable(
    v.pipe(
      v.string(),
      v.transform((text) => foreignNote(text)),
    ),
  ),
  null,
);

/** The recovery codes of a token; files of older versions have none. */
export const RecoveryCodesSchema = v.optional(
  v.pipe(
    v.array(
      v.strictObject({
        code: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_CODE_LENGTH)),
        usedAt: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
      }),
    ),
    v.maxLength(MAX_CODES),
  ),
  [],
);

const EntrySchema = v.strictObject({
  token: v.strictObject(tokenSchemas()),
  secret: SecretSchema,
  pinPolicy: v.nullable(PolicySchema),
  note: NoteSchema,
  recoveryCodes: RecoveryCodesSchema,
});

/** The content of a backup: its tokens, and the reason for each one that cannot be restored. */
export interface BackupContent {
  readonly tokens: readonly BackedUpToken[];
  readonly refusals: readonly string[];
}

/** The plaintext of a backup: JSON, with secrets in Base64. */
export function encodeBackup(tokens: readonly BackedUpToken[], createdAt: Date): Buffer {
  const entries = tokens.map(({ token, secret, ...rest }) => {
    return { token: encodeToken(token), secret: Buffer.from(secret).toString("base64"), ...rest };
  });
  return Buffer.from(
    JSON.stringify({ format: "fob-backup", version: VERSION, createdAt, tokens: entries }),
  );
}

/**
 * Reverses {@link encodeBackup}. A token that is damaged or invalid is reported and does not stop
 * the others. Throws FobError `invalid` for what is no backup, or one of a newer fob.
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
  if (backup.output.version > VERSION) throw writtenByNewer(t("this backup"));
  const tokens: BackedUpToken[] = [];
  const refusals: string[] = [];
  for (const [i, entry] of backup.output.tokens.entries()) {
    const parsed = v.safeParse(EntrySchema, entry, { abortEarly: true });
    if (parsed.success) tokens.push(toBackedUp(parsed.output));
    else refusals.push(t`${describe(entry, i)}: ${whyNot(parsed.issues[0])}`);
  }
  return { tokens, refusals };
}

function toBackedUp({ token, ...rest }: v.InferOutput<typeof EntrySchema>): BackedUpToken {
  const name = token.name ?? token.issuer ?? token.account ?? token.id;
  return { token: { ...token, name }, ...rest };
}

/** Why an entry is refused, with the path of the value in the file. */
function whyNot(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue as v.InferIssue<typeof EntrySchema>) ?? t("the token");
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  return isUnknown
    ? t`${place} was written by a newer fob`
    : t`${place} is damaged, or out of bounds`;
}

/** A description of a token of which little can be read. */
function describe(entry: unknown, index: number): string {
  const named = v.safeParse(v.object({ token: v.object({ name: v.string() }) }), entry);
  return (named.success ? shortenName(named.output.token.name) : null) ?? t`token ${index + 1}`;
}
