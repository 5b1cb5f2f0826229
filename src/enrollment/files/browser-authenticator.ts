import * as v from "valibot";
import { t } from "#base/language.ts";
import { decodeBase32 } from "#token/base32.ts";
import {
  type AppEntry,
  type AppFormat,
  type AppItem,
  markBeside,
  number,
  readEach,
  someHas,
  text,
  textBeside,
} from "./app-file.ts";
import { base32OfHex } from "./hex-seed.ts";

const ExportSchema = v.record(v.string(), v.unknown());

const EntrySchema = v.object({
  dataType: textBeside,
  encrypted: v.fallback(v.optional(v.nullable(v.union([v.boolean(), v.string()]))), null),
  secret: text,
  type: v.optional(v.nullable(v.union([v.string(), v.number()]))),
  issuer: text,
  account: text,
  algorithm: number,
  digits: number,
  period: number,
  counter: number,
  pinned: markBeside,
});

type Entry = v.InferOutput<typeof EntrySchema>;

/** Its types and algorithms in the order of their numbers, which some versions write. */
const TYPES = [undefined, "totp", "hotp", "battle", "steam", "hex", "hhex"] as const;
const ALGORITHMS = [undefined, "SHA1", "SHA256", "SHA512"] as const;

/** The backup of the browser extension Authenticator (authenticator.cc), an entry a property. */
export const browserAuthenticator = {
  id: "authenticator-extension",
  app: "Authenticator (authenticator.cc)",
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return null;
    const entries = Object.values(parsed.output).filter((value) => isEntry(value));
    if (entries.length === 0) return null;
    return readEach(entries, {
      schema: EntrySchema,
      issuer: ["issuer"],
      account: ["account"],
      read: itemOf,
    });
  },
} as const satisfies AppFormat;

/** Keys of encryption and settings stand among the entries. */
function isEntry(value: unknown): boolean {
  return (
    someHas([value], "hash", "secret") ||
    someHas([value], "index", "secret") ||
    someHas([value], "keyId", "data")
  );
}

function itemOf({ dataType, encrypted, ...entry }: Entry): AppItem {
  // the part behind the colons is the site that the extension fills the code in at
  const issuer = entry.issuer?.split("::")[0];
  const { account, digits, period, counter } = entry;
  if (encrypted === true || encrypted === "true" || dataType === "EncOTPStorage")
    return { fault: t("it is encrypted: download the backup without a password"), issuer, account };
  const { type, secret } = typeOf(entry);
  return {
    ...{ type, secret, issuer, account, period, counter, favorite: entry.pinned },
    algorithm: nameIn(ALGORITHMS, entry.algorithm),
    digits: type === "totp" && isBattleNet(entry) ? 8 : digits,
    alphabet: "decimal",
  };
}

const PREFIXES = { battle: /^bli?z-/i, steam: /^stm-/i } as const;

function isBattleNet({ type, secret }: Entry): boolean {
  return nameIn(TYPES, type) === "battle" || PREFIXES.battle.test(secret ?? "");
}

/** Its type in the terms of a Key URI, and its secret in Base32. */
function typeOf(entry: Entry): Pick<AppEntry, "type" | "secret"> {
  const type = nameIn(TYPES, entry.type) ?? "totp";
  const given = entry.secret ?? "";
  const secret = given.replace(PREFIXES.battle, "").replace(PREFIXES.steam, "");
  if (type === "steam" || PREFIXES.steam.test(given)) return { type: "steam", secret };
  if (isBattleNet(entry)) return { type: "totp", secret };
  const isHex = type === "hex" || type === "hhex" || !Buffer.isBuffer(decodeBase32(secret));
  const kind = type === "hhex" ? "hotp" : type === "hex" ? "totp" : type;
  return { type: kind, secret: isHex ? fromHex(secret) : secret };
}

/** A hexadecimal secret in Base32; what is none stays, and is refused as Base32. */
function fromHex(secret: string): string {
  const digits = secret.replace(/\s/g, "");
  return digits.length % 2 === 0 && /^[0-9a-f]+$/i.test(digits) ? base32OfHex(digits) : secret;
}

/** The name for a number; a text is returned unchanged. */
function nameIn(
  names: readonly (string | undefined)[],
  value: string | number | null | undefined,
): string | null {
  if (value === null || value === undefined || value === "") return null;
  return names[Number(value)] ?? String(value);
}
