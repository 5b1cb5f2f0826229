import * as v from "valibot";
import { MAX_SECRET_BYTES } from "#enrollment/secret-text.ts";
import { encodeBase32 } from "#token/base32.ts";
import {
  type AppFormat,
  type EntryReading,
  list,
  markBeside,
  namesById,
  number,
  readEach,
  someHas,
  text,
  textBeside,
  textsBeside,
} from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
import { javaBytes } from "./java-bytes.ts";
import { hexInBase32 } from "./mobile-otp-secret.ts";
import { refuseNewer } from "./newer-version.ts";

/**
 * A kind of JSON file: where its list stands, and how an entry of it is read, with what stands
 * beside that list.
 */
function jsonFormat<const Id extends string, const Schema extends v.GenericSchema>(
  id: Id,
  app: string,
  entriesIn: (content: unknown) => readonly unknown[] | null,
  reading: EntryReading<Schema> | ((content: unknown) => EntryReading<Schema>),
) {
  return {
    id,
    app,
    async read(file) {
      const content = file.json();
      const entries = entriesIn(content);
      return entries && readEach(entries, reading instanceof Function ? reading(content) : reading);
    },
  } as const satisfies AppFormat;
}

/** The list that an object of this shape holds under a name, or null. */
function listIn<const Name extends string>(
  name: Name,
  others: v.ObjectEntries = {},
): (content: unknown) => readonly unknown[] | null {
  const schema = v.object({ ...others, [name]: list });
  return (content) => {
    const parsed = v.safeParse(schema, content, { abortEarly: true });
    return parsed.success ? (parsed.output as Record<Name, unknown[]>)[name] : null;
  };
}

/** A list itself, where one of its entries has these fields; else null. */
function listWith(...names: readonly string[]) {
  return (content: unknown): readonly unknown[] | null =>
    Array.isArray(content) && someHas(content, ...names) ? content : null;
}

/** The plain backup of andOTP. */
export const andOtp = jsonFormat("andotp", "andOTP", listWith("label", "type"), {
  schema: v.object({
    secret: v.string(),
    label: text,
    issuer: text,
    type: v.string(),
    algorithm: text,
    digits: number,
    period: number,
    counter: number,
    tags: textsBeside,
  }),
  issuer: ["issuer"],
  account: ["label"],
  read: ({ label, tags, ...entry }) =>
    withBelongings(
      [
        {
          account: label,
          alphabet: "decimal",
          ...entry,
          secret: entry.type.toLowerCase() === "motp" ? hexInBase32(entry.secret) : entry.secret,
        },
      ],
      { tags },
    ),
});

/** The backup of FreeOTP+. */
export const freeOtpPlus = jsonFormat(
  "freeotp-plus",
  "FreeOTP+",
  listIn("tokens", { tokenOrder: list }),
  {
    schema: v.object({
      type: v.string(),
      issuerExt: text,
      issuerInt: text,
      issuerAlt: textBeside,
      label: text,
      labelAlt: textBeside,
      category: textBeside,
      secret: javaBytes(MAX_SECRET_BYTES),
      algo: text,
      digits: number,
      period: number,
      counter: number,
    }),
    issuer: ["issuerExt"],
    account: ["label"],
    read: ({
      issuerExt,
      issuerInt,
      issuerAlt,
      label,
      labelAlt,
      category,
      secret,
      algo,
      ...token
    }) =>
      withBelongings(
        [
          {
            // names that the user has changed; Steam is known by the one that it had
            issuer: (issuerExt === "Steam" ? null : issuerAlt) || issuerExt || issuerInt,
            account: labelAlt || label,
            secret: encodeBase32(secret),
            algorithm: algo,
            ...token,
            counter: laterCounter(token.counter),
          },
        ],
        { tags: [category] },
      ),
  },
);

/**
 * FreeOTP+ writes the counter of its next passcode into its JSON, and one more into a Key URI of
 * the same token. The later one was never used, and a server skips one; it takes no earlier one.
 */
function laterCounter(next: number | string | null | undefined): number | null {
  const counter = Number(next ?? Number.NaN);
  return Number.isSafeInteger(counter) ? counter + 1 : null;
}

/** The export of Raivo, taken out of its archive. */
export const raivo = jsonFormat("raivo", "Raivo", listWith("kind", "timer"), {
  schema: v.object({
    kind: v.string(),
    issuer: text,
    account: text,
    secret: v.string(),
    algorithm: text,
    digits: number,
    timer: number,
    counter: number,
    pinned: markBeside,
  }),
  issuer: ["issuer"],
  account: ["account"],
  read: ({ kind, timer, pinned, ...entry }) =>
    withBelongings([{ type: kind, period: timer, ...entry }], { favorite: pinned }),
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

const StratumSchema = v.object({
  Type: v.number(),
  Issuer: text,
  Username: text,
  Secret: v.string(),
  Algorithm: v.optional(v.nullable(v.number())),
  Digits: number,
  Period: number,
  Counter: number,
  Pin: text,
});

/** The plain backup of Stratum, formerly Authenticator Pro. */
export const stratum = jsonFormat("stratum", "Stratum", listIn("Authenticators"), (content) =>
  readingOfStratum(categoriesIn(content)),
);

/** How an entry of Stratum is read; its categories are known by its secret. */
function readingOfStratum(
  categories: ReadonlyMap<string, readonly string[]>,
): EntryReading<typeof StratumSchema> {
  return {
    schema: StratumSchema,
    issuer: ["Issuer"],
    account: ["Username"],
    read: (entry) => ({
      tags: categories.get(entry.Secret) ?? [],
      type: STRATUM_TYPES[entry.Type] ?? `type ${entry.Type}`,
      issuer: entry.Issuer,
      account: entry.Username,
      secret: entry.Secret,
      // an unknown one is refused by its number, and never taken for the usual one
      algorithm: STRATUM_ALGORITHMS[entry.Algorithm ?? 0] ?? `number ${entry.Algorithm}`,
      digits: entry.Digits,
      period: entry.Period,
      counter: entry.Counter,
      pin: entry.Pin,
      alphabet: "decimal",
    }),
  };
}

const BindingSchema = v.object({ CategoryId: v.string(), AuthenticatorSecret: v.string() });

/** The names of the categories of each token of Stratum, which refers to it by its secret. */
function categoriesIn(content: unknown): ReadonlyMap<string, readonly string[]> {
  const names = namesById(listIn("Categories")(content) ?? [], "Id", "Name");
  const categories = new Map<string, string[]>();
  for (const binding of listIn("AuthenticatorCategories")(content) ?? []) {
    if (!v.is(BindingSchema, binding)) continue;
    const name = names.get(binding.CategoryId);
    const known = categories.get(binding.AuthenticatorSecret) ?? [];
    if (name !== undefined) known.push(name);
    categories.set(binding.AuthenticatorSecret, known);
  }
  return categories;
}

const PROTON = "Proton Authenticator";
const PROTON_VERSION = 1;
const ProtonSchema = v.object({ version: v.number(), entries: list });

/** The unencrypted export of Proton Authenticator: enrollment strings with names. */
export const proton = jsonFormat(
  "proton-authenticator",
  PROTON,
  (content) => {
    if (!v.is(ProtonSchema, content)) return null;
    const { version, entries } = content;
    if (entries.length > 0 && !someHas(entries, "content")) return null;
    refuseNewer(PROTON, version, PROTON_VERSION);
    return entries;
  },
  {
    schema: v.object({ content: v.object({ uri: v.string(), name: text }), note: textBeside }),
    issuer: ["content", "issuer"],
    account: ["content", "name"],
    read: ({ content: { uri, name }, note }) =>
      withBelongings([{ enrollment: uri, account: name }], { note }),
  },
);
