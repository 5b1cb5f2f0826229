import * as v from "valibot";
import { MAX_SECRET_BYTES } from "#enrollment/secret-text.ts";
import { encodeBase32 } from "#token/base32.ts";
import { type AppEntry, type AppFormat, listOf } from "./app-file.ts";

const text = v.optional(v.nullable(v.string()));
const number = v.optional(v.nullable(v.union([v.number(), v.string()])));

/** A kind of JSON file: its shape, and how an entry of it reads in the terms of a Key URI. */
function jsonFormat<const Id extends string, const Schema extends v.GenericSchema>(
  id: Id,
  app: string,
  schema: Schema,
  entries: (content: v.InferOutput<Schema>) => AppEntry[],
) {
  return {
    id,
    app,
    async read(file) {
      const parsed = v.safeParse(schema, file.json(), { abortEarly: true });
      return parsed.success ? entries(parsed.output) : null;
    },
  } as const satisfies AppFormat;
}

const AndOtpSchema = v.pipe(
  listOf(
    v.object({
      secret: v.string(),
      label: v.string(),
      issuer: text,
      type: v.string(),
      algorithm: text,
      digits: number,
      period: number,
      counter: number,
      used_frequency: v.optional(v.number()),
    }),
  ),
  v.minLength(1),
);

/** The plain backup of andOTP. */
export const andOtp = jsonFormat("andotp", "andOTP", AndOtpSchema, (entries) =>
  entries.map(({ label, used_frequency: _used, ...entry }) => ({ account: label, ...entry })),
);

const FreeOtpSchema = v.object({
  tokenOrder: v.array(v.unknown()),
  tokens: listOf(
    v.object({
      type: v.string(),
      issuerExt: text,
      issuerInt: text,
      label: text,
      // Java's bytes, from -128 to 127
      secret: v.pipe(
        v.array(v.number()),
        v.maxLength(MAX_SECRET_BYTES),
        v.check((bytes) =>
          bytes.every((byte) => Number.isInteger(byte) && byte >= -128 && byte <= 255),
        ),
      ),
      algo: text,
      digits: number,
      period: number,
      counter: number,
    }),
  ),
});

/** The backup of FreeOTP+. */
export const freeOtpPlus = jsonFormat("freeotp-plus", "FreeOTP+", FreeOtpSchema, ({ tokens }) =>
  tokens.map(({ issuerExt, issuerInt, label, secret, algo, ...token }) => ({
    issuer: issuerExt || issuerInt,
    account: label,
    secret: encodeBase32(Uint8Array.from(secret)),
    algorithm: algo,
    ...token,
    // FreeOTP keeps the counter that it used last
    counter: nextCounter(token.counter),
  })),
);

function nextCounter(lastUsed: number | string | null | undefined): number | null {
  const counter = Number(lastUsed ?? Number.NaN);
  return Number.isSafeInteger(counter) ? counter + 1 : null;
}

const RaivoSchema = v.pipe(
  listOf(
    v.object({
      kind: v.string(),
      issuer: text,
      account: text,
      secret: v.string(),
      algorithm: text,
      digits: number,
      timer: number,
      counter: number,
    }),
  ),
  v.minLength(1),
);

/** The export of Raivo, taken out of its archive. */
export const raivo = jsonFormat("raivo", "Raivo", RaivoSchema, (entries) =>
  entries.map(({ kind, timer, ...entry }) => ({ type: kind, period: timer, ...entry })),
);

const StratumSchema = v.object({
  Authenticators: listOf(
    v.object({
      Type: v.number(),
      Issuer: text,
      Username: text,
      Secret: v.string(),
      Algorithm: v.optional(v.number()),
      Digits: number,
      Period: number,
      Counter: number,
    }),
  ),
});

const STRATUM_TYPES: readonly (string | undefined)[] = [
  undefined,
  "hotp",
  "totp",
  "motp",
  "steam",
  "yandex",
];
const STRATUM_ALGORITHMS: readonly (string | undefined)[] = ["SHA1", "SHA256", "SHA512"];

/** The plain backup of Stratum, which was called Authenticator Pro. */
export const stratum = jsonFormat("stratum", "Stratum", StratumSchema, ({ Authenticators }) =>
  Authenticators.map((entry) => ({
    type: STRATUM_TYPES[entry.Type] ?? `type ${entry.Type}`,
    issuer: entry.Issuer,
    account: entry.Username,
    secret: entry.Secret,
    // an unknown one is refused by its number, and never taken for the usual one
    algorithm: STRATUM_ALGORITHMS[entry.Algorithm ?? 0] ?? `number ${entry.Algorithm}`,
    digits: entry.Digits,
    period: entry.Period,
    counter: entry.Counter,
  })),
);

const ProtonSchema = v.object({
  version: v.number(),
  entries: listOf(
    v.object({ content: v.object({ uri: v.string(), name: text, entry_type: v.string() }) }),
  ),
});

/** The unencrypted export of Proton Authenticator: enrollment strings with names. */
export const proton = {
  id: "proton-authenticator",
  app: "Proton Authenticator",
  async read(file) {
    const parsed = v.safeParse(ProtonSchema, file.json(), { abortEarly: true });
    return parsed.success
      ? parsed.output.entries.map(({ content: { uri, name } }) => ({
          enrollment: uri,
          account: name,
        }))
      : null;
  },
} as const satisfies AppFormat;
