import * as v from "valibot";
import { ACCESS_DOMAINS } from "./access-domain.ts";
import { shortenName } from "./clean-name.ts";
import { CONFIRMATIONS } from "./confirmation.ts";
import type { Credential } from "./credential.ts";
import {
  type CredentialJson,
  credentialSchema,
  decodeCredential,
  encodeCredential,
  readCredential,
} from "./credential-codec.ts";
import { parseIsoDate } from "./iso-date.ts";
import { cleanTags, MAX_TAGS } from "./tags.ts";
import { PIN_ORDERS, PIN_TYPES, type Token } from "./token.ts";

/**
 * The version of the forms below, in every file that holds them. Every new field or kind increases
 * it, so that an older fob refuses the file by its version.
 */
export const TOKEN_VERSION = 6;

/** The fields of a token that its enrollment sets. */
export type EnrolledFields = Pick<
  Token,
  "name" | "issuer" | "account" | "serial" | "format" | "credential" | "pin"
>;

/** The fields of a token that the vault sets. */
export type KeptFields = Omit<Token, "id" | keyof EnrolledFields>;

/** The values for a new token, and for a stored one that is older than the field. */
const DEFAULTS: Omit<KeptFields, "enrolledAt"> = {
  accessDomain: "00",
  confirm: "never",
  favorite: false,
  pinOrder: "before",
  heldBy: null,
  tags: [],
};

/** The vault's fields of a token that is enrolled at this time. */
export function newlyEnrolled(enrolledAt: Date): KeptFields {
  return { ...DEFAULTS, enrolledAt };
}

/** A token as JSON data: the time as ISO 8601 text, the counter as decimal digits. */
export type TokenJson = Omit<Token, "credential" | "enrolledAt"> & {
  readonly credential: CredentialJson;
  readonly enrolledAt: string;
};

/** The token as JSON data. */
export function encodeToken(token: Token): TokenJson {
  return {
    ...token,
    credential: encodeCredential(token.credential),
    enrolledAt: token.enrolledAt.toISOString(),
  };
}

/**
 * Reverses {@link encodeToken}, for authenticated data: from the vault or from our own agent. An
 * unknown field stays with the token. Null for data that is not a token.
 */
export function decodeToken(json: unknown): Token | null {
  if (typeof json !== "object" || json === null) return null;
  const { credential, ...rest } = { ...DEFAULTS, ...(json as TokenJson) };
  const decoded = readCredential(credential);
  const enrolledAt = new Date(rest.enrolledAt);
  const isToken =
    typeof rest.id === "string" &&
    typeof rest.name === "string" &&
    !Number.isNaN(enrolledAt.getTime());
  return isToken && decoded ? { ...rest, credential: decoded, enrolledAt } : null;
}

/**
 * The fields that many tokens have in common. The compact form stores them once; the rows of tokens
 * refer to them by number.
 */
const SHARED_FIELDS = [
  "format",
  "credential",
  "pin",
  "pinOrder",
  "accessDomain",
  "heldBy",
  "confirm",
] as const;

/** The other fields of a token, in the order of its row. A new field is added at the end. */
const ROW_FIELDS = [
  "id",
  "name",
  "issuer",
  "account",
  "serial",
  "favorite",
  "enrolledAt",
  "tags",
] as const;

/** A token's fields of {@link SHARED_FIELDS}. */
export type SharedFields = Pick<Token, (typeof SHARED_FIELDS)[number]>;

type RowOf<Fields extends readonly (keyof Token)[]> = readonly [
  shared: number,
  ...{ readonly [I in keyof Fields]: Token[Fields[I]] extends Date ? number : Token[Fields[I]] },
];

/**
 * A token as an array, because field names would be most of a file: the number of its shared
 * fields, then its own fields. Times are in milliseconds since 1970.
 */
export type TokenRow = RowOf<typeof ROW_FIELDS>;

/** The shared fields as JSON text: equal fields give equal text. */
export function encodeShared(token: SharedFields): string {
  const entries = SHARED_FIELDS.map((field) => [
    field,
    field === "credential" ? encodeCredential(token.credential) : token[field],
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** The row of a token; `shared` is the number of its shared fields. */
export function encodeRow(token: Token, shared: number): TokenRow {
  const own = ROW_FIELDS.map((field) => {
    const value = token[field];
    return value instanceof Date ? value.getTime() : value;
  });
  return [shared, ...own] as unknown as TokenRow;
}

/** Reverses {@link encodeShared}. Null when there is an unknown field or kind. */
export function decodeShared(json: object): SharedFields | null {
  const { credential, ...rest } = { ...DEFAULTS, ...(json as Partial<SharedFields>) };
  const decoded = readCredential(credential);
  const known: readonly string[] = SHARED_FIELDS;
  if (!decoded || Object.keys(json).some((field) => !known.includes(field))) return null;
  return { ...(rest as unknown as SharedFields), credential: decoded };
}

/**
 * Reverses {@link encodeRow}. Null when there is an unknown field. The fields are written out
 * because destructuring and spreading take three times as long, for ten thousand tokens.
 */
export function decodeRow(row: TokenRow, shared: SharedFields): Token | null {
  // missing in rows of older versions; what else stands there is a field of another version
  const tags = row[8] ?? DEFAULTS.tags;
  if (row.length > ROW_FIELDS.length + 1 || !Array.isArray(tags)) return null;
  return {
    id: row[1],
    name: row[2],
    issuer: row[3],
    account: row[4],
    serial: row[5],
    format: shared.format,
    credential: shared.credential,
    pin: shared.pin,
    pinOrder: shared.pinOrder,
    accessDomain: shared.accessDomain,
    confirm: shared.confirm,
    favorite: row[6],
    heldBy: shared.heldBy,
    enrolledAt: new Date(row[7]),
    tags,
  };
}

/** Whether the compact forms of two tokens are equal, counters aside. */
export function isListedAlike(one: Token, other: Token): boolean {
  const text = (token: Token) => {
    const credential: Credential = { kind: "motp" };
    return encodeShared({ ...token, credential }) + JSON.stringify(encodeRow(token, 0));
  };
  return text(one) === text(other);
}

type SchemasOf<T> = { readonly [K in keyof T]: v.GenericSchema<unknown, T[K]> };

/** The schema of each field. The name is null where the file has none that can be shown. */
type TokenSchemas = SchemasOf<Omit<Token, "name"> & { readonly name: string | null }>;

/**
 * The schemas for tokens in foreign files: known fields only, within the bounds of enrollment.
 * Names are cleaned and cut rather than refused, because older versions stored them unchecked. A
 * function, so that programs that do not read such files do not build the schemas.
 */
export function tokenSchemas(): TokenSchemas {
  const name = v.pipe(
    v.nullable(v.string()),
    v.transform((text) => (text === null ? null : shortenName(text))),
  );
  return {
    id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
    name,
    issuer: name,
    account: name,
    serial: name,
    format: v.pipe(v.string(), v.maxLength(64)),
    credential: v.pipe(credentialSchema(), v.transform(decodeCredential)),
    pin: v.picklist(PIN_TYPES),
    pinOrder: v.optional(v.picklist(PIN_ORDERS), DEFAULTS.pinOrder),
    accessDomain: v.optional(v.picklist(ACCESS_DOMAINS), DEFAULTS.accessDomain),
    confirm: v.optional(v.picklist(CONFIRMATIONS), DEFAULTS.confirm),
    favorite: v.optional(v.boolean(), DEFAULTS.favorite),
    // a file that has the secret is not of a token that a chip holds
    heldBy: v.optional(v.null(), null),
    enrolledAt: v.pipe(
      v.string(),
      v.transform((text) => parseIsoDate(text)),
      v.check((date) => date?.hasZone === true),
      v.transform((date) => date?.time ?? new Date(Number.NaN)),
    ),
    tags: v.optional(
      v.pipe(
        v.array(v.string()),
        v.maxLength(MAX_TAGS),
        v.transform((tags) => cleanTags(tags)),
      ),
      [],
    ),
  };
}
