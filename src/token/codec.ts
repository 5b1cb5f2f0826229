import * as v from "valibot";
import { ACCESS_DOMAINS } from "./access-domain.ts";
import { shortenName } from "./clean-name.ts";
import type { Credential } from "./credential.ts";
import {
  type CredentialJson,
  credentialSchema,
  decodeCredential,
  encodeCredential,
  readCredential,
} from "./credential-codec.ts";
import { parseIsoDate } from "./iso-date.ts";
import { PIN_TYPES, type Token } from "./token.ts";

/**
 * The version of the forms below, in every file that holds them. It goes up with each field and
 * each kind that is added: a fob of an earlier version then refuses the file by name.
 */
export const TOKEN_VERSION = 1;

/** What an enrollment says of a token. */
export type EnrolledFields = Pick<
  Token,
  "name" | "issuer" | "account" | "serial" | "format" | "credential" | "pin"
>;

/** What the vault knows of a token besides. */
export type KeptFields = Omit<Token, "id" | keyof EnrolledFields>;

/** What a new token has, and one that was written before there was the field. */
const DEFAULTS: Omit<KeptFields, "enrolledAt"> = { accessDomain: "00", favorite: false };

/** What the vault knows of a token that is enrolled now. */
export function newlyEnrolled(enrolledAt: Date): KeptFields {
  return { ...DEFAULTS, enrolledAt };
}

/** A token as JSON data: its time as ISO 8601 text, its counter as decimal digits. */
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
 * Reverses {@link encodeToken}, for data that was sealed or comes from our own agent. A field that
 * this version does not know stays with the token. Null for what is no token.
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

/** What many tokens have in common: the compact form has it once, and their rows say where. */
const SHARED_FIELDS = ["format", "credential", "pin", "accessDomain"] as const;

/** What is a token's own, in the order of its row. A new field comes last. */
const ROW_FIELDS = ["id", "name", "issuer", "account", "serial", "favorite", "enrolledAt"] as const;

/** The fields of {@link SHARED_FIELDS}. */
export type SharedFields = Pick<Token, (typeof SHARED_FIELDS)[number]>;

type RowOf<Fields extends readonly (keyof Token)[]> = readonly [
  shared: number,
  ...{ readonly [I in keyof Fields]: Token[Fields[I]] extends Date ? number : Token[Fields[I]] },
];

/**
 * A token as an array, because the names of fields would be most of a file: the number of its
 * shared fields, then its own. A time is in milliseconds since 1970.
 */
export type TokenRow = RowOf<typeof ROW_FIELDS>;

/** The shared fields as JSON text, the same text for the same fields. */
export function encodeShared(token: SharedFields): string {
  const entries = SHARED_FIELDS.map((field) => [
    field,
    field === "credential" ? encodeCredential(token.credential) : token[field],
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}

/** The token's own fields, and the number of its shared ones. */
export function encodeRow(token: Token, shared: number): TokenRow {
  const own = ROW_FIELDS.map((field) => {
    const value = token[field];
    return value instanceof Date ? value.getTime() : value;
  });
  return [shared, ...own] as unknown as TokenRow;
}

/** Reverses {@link encodeShared}. Null where this version does not know all of it. */
export function decodeShared(json: object): SharedFields | null {
  const { credential, ...rest } = { ...DEFAULTS, ...(json as Partial<SharedFields>) };
  const decoded = readCredential(credential);
  const known: readonly string[] = SHARED_FIELDS;
  if (!decoded || Object.keys(json).some((field) => !known.includes(field))) return null;
  return { ...(rest as unknown as SharedFields), credential: decoded };
}

/**
 * Reverses {@link encodeRow}. Null where this version does not know all of it. Written out, because
 * destructuring an array and spreading an object take three times as long, ten thousand times.
 */
export function decodeRow(row: TokenRow, shared: SharedFields): Token | null {
  if (row.length > ROW_FIELDS.length + 1) return null;
  return {
    id: row[1],
    name: row[2],
    issuer: row[3],
    account: row[4],
    serial: row[5],
    format: shared.format,
    credential: shared.credential,
    pin: shared.pin,
    accessDomain: shared.accessDomain,
    favorite: row[6],
    enrolledAt: new Date(row[7]),
  };
}

/** Whether the compact forms of two tokens are the same, counters aside. */
export function isListedAlike(one: Token, other: Token): boolean {
  const text = (token: Token) => {
    const credential: Credential = { kind: "motp" };
    return encodeShared({ ...token, credential }) + JSON.stringify(encodeRow(token, 0));
  };
  return text(one) === text(other);
}

type SchemasOf<T> = { readonly [K in keyof T]: v.GenericSchema<unknown, T[K]> };

/** The schema of each field. A name may be null, where the file has none that can be shown. */
type TokenSchemas = SchemasOf<Omit<Token, "name"> & { readonly name: string | null }>;

/**
 * What is taken for a token from files of others: its fields and no more, within the bounds of
 * enrollment. Names that older versions took as they came are cleaned, and cut rather than refused.
 * A function, so that programs that do not read such files need not hold the schemas.
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
    accessDomain: v.optional(v.picklist(ACCESS_DOMAINS), DEFAULTS.accessDomain),
    favorite: v.optional(v.boolean(), DEFAULTS.favorite),
    enrolledAt: v.pipe(
      v.string(),
      v.transform((text) => parseIsoDate(text)),
      v.check((date) => date?.hasZone === true),
      v.transform((date) => date?.time ?? new Date(Number.NaN)),
    ),
  };
}
