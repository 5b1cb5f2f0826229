import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { decryptParts } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import { isBase64 } from "#enrollment/secret-text.ts";
import { forget } from "#token/secret.ts";
import {
  type AppFormat,
  type AppItem,
  list,
  listBeside,
  markBeside,
  namesById,
  number,
  readEach,
  text,
  textBeside,
  textsBeside,
} from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
import { hexOfBase32 } from "./mobile-otp-secret.ts";
import { refuseNewer } from "./newer-version.ts";
import { jsonOfOpened, openSealed } from "./sealed-file.ts";

const APP = "Aegis";

/** The version of the file, and that of the database in it, which is older in older files. */
const VERSION = 1;
const DATABASE_VERSION = 3;

/** More passwords than any vault of Aegis has. */
const MAX_SLOTS = 64;

const hex = (bytes: number) => v.pipe(v.string(), v.regex(/^[0-9a-f]*$/i), v.length(bytes * 2));
const cost = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 30));

const SealSchema = v.object({ nonce: hex(12), tag: hex(16) });

const PasswordSlotSchema = v.object({
  type: v.literal(1),
  key: hex(32),
  key_params: SealSchema,
  n: cost,
  r: cost,
  p: cost,
  salt: hex(32),
});

const DatabaseSchema = v.object({
  version: v.fallback(v.optional(v.number()), undefined),
  entries: list,
  groups: listBeside,
});

const EntrySchema = v.object({
  type: v.string(),
  name: text,
  issuer: text,
  note: textBeside,
  favorite: markBeside,
  groups: textsBeside,
  // older versions have one group an entry, by its name
  group: textBeside,
  info: v.object({
    secret: v.string(),
    algo: text,
    digits: number,
    period: number,
    counter: number,
    pin: text,
  }),
});

const PlainSchema = v.object({ version: v.number(), header: v.object({}), db: DatabaseSchema });

const EncryptedSchema = v.object({
  version: v.number(),
  header: v.object({
    slots: v.pipe(v.array(v.unknown()), v.maxLength(MAX_SLOTS)),
    params: SealSchema,
  }),
  db: v.pipe(v.string(), v.check(isBase64)),
});

type Database = v.InferOutput<typeof DatabaseSchema>;

/** The vault of Aegis, plain or encrypted with a password (AES-256-GCM with a key from scrypt). */
export const aegis = {
  id: "aegis",
  app: APP,
  async read(file, askSecret, effort) {
    const plain = v.safeParse(PlainSchema, file.json(), { abortEarly: true });
    if (plain.success) {
      refuseNewer(APP, plain.output.version, VERSION);
      return entriesOf(plain.output.db);
    }
    const encrypted = v.safeParse(EncryptedSchema, file.json(), { abortEarly: true });
    if (!encrypted.success) return null;
    refuseNewer(APP, encrypted.output.version, VERSION);
    return entriesOf(await openDatabase(encrypted.output, { askSecret, effort }));
  },
} as const satisfies AppFormat;

function entriesOf({ version, entries, groups }: Database): AppItem[] {
  refuseNewer(APP, version, DATABASE_VERSION);
  const names = namesById(groups, "uuid", "name");
  return readEach(entries, {
    schema: EntrySchema,
    issuer: ["issuer"],
    account: ["name"],
    read: ({ type, name, issuer, info: { algo, ...info }, ...entry }) =>
      withBelongings(
        [
          {
            type,
            issuer,
            account: name,
            algorithm: algo,
            ...info,
            secret: type === "motp" ? hexOfBase32(info.secret) : info.secret,
            alphabet: "decimal",
          },
        ],
        {
          note: entry.note,
          favorite: entry.favorite,
          groups: [entry.group, ...(entry.groups ?? []).map((id) => names.get(id ?? ""))],
        },
      ),
  });
}

async function openDatabase(
  { header, db }: v.InferOutput<typeof EncryptedSchema>,
  opening: Opening,
): Promise<Database> {
  const slots = header.slots.flatMap((slot) => {
    const password = v.safeParse(PasswordSlotSchema, slot);
    return password.success ? [password.output] : [];
  });
  if (slots.length === 0)
    throw new FobError("invalid", t("this Aegis vault has no password that could open it"));
  const opened = await openSealed(APP, slots.map(derivationOf), opening, (key, { slot }) => {
    const masterKey = open(key, Buffer.from(slot.key, "hex"), slot.key_params);
    if (!masterKey) return null;
    const database = open(masterKey, Buffer.from(db, "base64"), header.params);
    forget(masterKey);
    return database;
  });
  return jsonOfOpened(opened, APP, DatabaseSchema);
}

type PasswordSlot = v.InferOutput<typeof PasswordSlotSchema>;

function derivationOf(slot: PasswordSlot) {
  const { salt, n, r, p } = slot;
  return {
    kdf: "scrypt",
    salt: Buffer.from(salt, "hex"),
    keyBytes: 32,
    costs: { n, r, p },
    slot,
  } as const;
}

function open(
  key: Buffer,
  ciphertext: Buffer,
  { nonce, tag }: v.InferOutput<typeof SealSchema>,
): Buffer | null {
  return decryptParts(key, {
    nonce: Buffer.from(nonce, "hex"),
    sealed: Buffer.concat([ciphertext, Buffer.from(tag, "hex")]),
  });
}
