import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type DeviceKeys, deviceId, hashOf, isSigned, signValue } from "#sync/keys/device-keys.ts";
import type { Member } from "#sync/members/member-chain.ts";
import { parseJson } from "#token/bounded-json.ts";
import { MAX_CODES } from "#token/code-list.ts";
import { TOKEN_VERSION, tokenSchemas } from "#token/codec.ts";
import { encodeCredential } from "#token/credential-codec.ts";
import { writtenByNewer } from "#token/newer.ts";
import type { PinPolicy } from "#token/pin-policy.ts";
import type { Token } from "#token/token.ts";
import { PolicySchema, SecretSchema } from "#vault/backup/backup.ts";
import { padJson } from "./padding.ts";
import type { SharedToken } from "./shared-token.ts";
import { MAX_TIME } from "./stamp.ts";

/** What never changes in a token: its secret, and what passcodes are made with. */
export interface TokenContent extends Pick<Token, "format" | "credential" | "enrolledAt"> {
  readonly pin: Token["pin"];
  readonly pinPolicy: PinPolicy | null;
  readonly secret: Uint8Array;
}

/** A token file: the shared token, its content, and when it was encrypted. */
export interface TokenFile {
  readonly shared: SharedToken;
  readonly content: TokenContent;
  /** The length of the member list when it was encrypted. */
  readonly epoch: number;
}

const FORMAT = "fob-sync-token";
const VERSION = 1;
const PURPOSE = "sync token";

/** The id of a token file. */
export const FILE_ID = /^[0-9a-f]{32}$/;

const DeviceId = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const Natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Time = v.pipe(Natural, v.maxValue(MAX_TIME));
const StampSchema = v.strictObject({ time: Time, device: DeviceId });
/** The longest value of a field, as JSON: a sealed note is the longest. In UTF-16 units. */
const MAX_FIELD = 128 * 1024;

const FieldName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z]{0,31}$/));
const FieldValue = v.pipe(
  v.unknown(),
  v.check((value) => value !== undefined && JSON.stringify(value).length <= MAX_FIELD),
);

const HolderSchema = v.strictObject({
  device: DeviceId,
  step: v.picklist(["offered", "accepted", "released", "held"]),
  from: v.nullable(DeviceId),
  counter: v.nullable(v.pipe(v.string(), v.regex(/^\d{1,400}$/))),
  codes: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
          sealed: v.pipe(v.string(), v.maxLength(1024), v.base64()),
          usedAt: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
        }),
      ),
      v.maxLength(MAX_CODES),
    ),
  ),
});

function fileSchema() {
  const { format, credential, enrolledAt, pin } = tokenSchemas();
  return v.strictObject({
    format: v.literal(FORMAT),
    version: Natural,
    body: v.strictObject({
      file: v.pipe(v.string(), v.regex(FILE_ID)),
      token: DeviceId,
      tokenVersion: Natural,
      epoch: Natural,
      author: DeviceId,
      content: v.strictObject({
        format,
        credential,
        enrolledAt,
        pin,
        pinPolicy: v.nullable(PolicySchema),
        secret: SecretSchema,
      }),
      fields: v.record(FieldName, v.strictObject({ value: FieldValue, stamp: StampSchema })),
      removed: v.strictObject({ value: v.boolean(), stamp: StampSchema }),
      holder: v.nullable(v.strictObject({ value: HolderSchema, stamp: StampSchema })),
    }),
    signature: v.pipe(v.string(), v.length(88), v.base64()),
  });
}

let schema: ReturnType<typeof fileSchema> | null = null;

/** The content as JSON data, as it stands in the file. */
function contentJson({ secret, credential, enrolledAt, ...rest }: TokenContent) {
  return {
    ...rest,
    credential: encodeCredential(credential),
    enrolledAt: enrolledAt.toISOString(),
    secret: Buffer.from(secret).toString("base64"),
  };
}

/** The hash that tells one content from another. */
export function contentHash(content: TokenContent): string {
  return hashOf(contentJson(content));
}

/** The plaintext of a token file, signed by this device and padded. */
export function encodeTokenFile({ shared, content, epoch }: TokenFile, keys: DeviceKeys): Buffer {
  const { id, token, fields, removed, holder } = shared;
  const body = {
    file: id,
    token,
    tokenVersion: TOKEN_VERSION,
    epoch,
    author: deviceId(keys),
    content: contentJson(content),
    fields,
    removed,
    holder,
  };
  const signature = signValue(body, PURPOSE, keys);
  return padJson(JSON.stringify({ format: FORMAT, version: VERSION, body, signature }));
}

/**
 * Reverses {@link encodeTokenFile}. `authors` are all devices that are or were members. Throws
 * FobError `rejected` when none of them has signed it, or it is another token's file; `invalid` for
 * what is no token file, or one of a newer fob.
 */
export function decodeTokenFile(
  bytes: Buffer,
  id: string,
  authors: ReadonlyMap<string, Member>,
): TokenFile {
  const json = parseJson(bytes.toString("utf8"));
  const {
    body: raw,
    version,
    signature,
  } = (json ?? {}) as {
    readonly body?: { readonly author?: string; readonly tokenVersion?: number };
    readonly version?: number;
    readonly signature?: string;
  };
  if ((version ?? 0) > VERSION || (raw?.tokenVersion ?? 0) > TOKEN_VERSION)
    throw writtenByNewer(t("a token of the repository"));
  schema ??= fileSchema();
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (!parsed.success) throw new FobError("invalid", t`the token file ${id} is damaged`);
  const { body } = parsed.output;
  const author = authors.get(body.author);
  if (!author || body.file !== id || !isSigned(raw, PURPOSE, signature ?? "", author.keys))
    throw new FobError(
      "rejected",
      t`the token file ${id} is not signed by a member for this place`,
    );
  const content: TokenContent = body.content;
  const { token, fields, removed, holder } = body;
  const shared = { id, token, content: contentHash(content), fields, removed, holder };
  return { shared: shared as SharedToken, content, epoch: body.epoch };
}
