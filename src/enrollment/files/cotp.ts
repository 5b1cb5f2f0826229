import * as v from "valibot";
import { type AppFormat, type AppItem, list, number, readEach, text } from "./app-file.ts";
import { refuseNewer } from "./newer-version.ts";
import {
  base64Bytes,
  MIN_SALT_BYTES,
  type OpenFile,
  openSealed,
  orSealed,
  readSealedJson,
} from "./sealed-file.ts";

const APP = "cotp";

/** The version of the file around the encrypted database, and the latest one of what is in it. */
const CONTAINER_VERSION = 1;
const DATABASE_VERSION = 2;

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** How cotp derives a key from a password. */
const DERIVATION = {
  kdf: "argon2id",
  keyBytes: 32,
  costs: { memory: 2 ** 15, passes: 4, lanes: 4 },
} as const;

const DatabaseSchema = v.object({ version: v.number(), elements: list });

/** The export in the form of enrollment strings. */
const StringsSchema = v.object({ items: list });

/** The plain exports of cotp in its own forms, of which the first is what its database holds. */
const plain = {
  id: "cotp",
  app: APP,
  async read(file) {
    const json = file.json();
    const strings = v.safeParse(StringsSchema, json, { abortEarly: true });
    if (strings.success && strings.output.items.some(isString))
      return readStrings(strings.output.items);
    const parsed = v.safeParse(DatabaseSchema, json, { abortEarly: true });
    if (!parsed.success) return null;
    const { version, elements } = parsed.output;
    refuseNewer(APP, version, DATABASE_VERSION);
    return readEach(elements, {
      schema: v.object({
        type: v.string(),
        issuer: text,
        label: text,
        secret: v.string(),
        algorithm: text,
        digits: number,
        period: number,
        counter: number,
        pin: text,
      }),
      issuer: ["issuer"],
      account: ["label"],
      // it has a type of its own for Steam
      read: ({ label, ...entry }) => ({ account: label, alphabet: "decimal", ...entry }),
    });
  },
} as const satisfies AppFormat;

function isString(item: unknown): boolean {
  return typeof item === "string" && item.startsWith("otpauth://");
}

function readStrings(items: readonly unknown[]): AppItem[] {
  return readEach(items, {
    schema: v.string(),
    issuer: [],
    account: [],
    read: (enrollment) => ({ enrollment }),
  });
}

const MarkSchema = v.object({
  version: v.number(),
  nonce: v.string(),
  salt: v.string(),
  cipher: v.string(),
});

const ContainerSchema = v.object({
  nonce: v.pipe(base64Bytes, v.length(NONCE_BYTES)),
  salt: v.pipe(base64Bytes, v.minLength(MIN_SALT_BYTES)),
  cipher: v.pipe(base64Bytes, v.minLength(TAG_BYTES)),
});

const openCotp: OpenFile = async (file, opening) => {
  const container = readSealedJson(file, {
    app: APP,
    version: CONTAINER_VERSION,
    mark: MarkSchema,
    schema: ContainerSchema,
  });
  if (!container) return null;
  const { nonce, salt, cipher } = container;
  const { xchacha20poly1305 } = await import("@noble/ciphers/chacha.js");
  return openSealed(APP, [{ ...DERIVATION, salt }], opening, (key) => {
    try {
      return Buffer.from(xchacha20poly1305(key, nonce).decrypt(cipher));
    } catch {
      // the only error of the right lengths is a tag that does not match
      return null;
    }
  });
};

/** cotp's database (XChaCha20-Poly1305 under a key that Argon2id makes), and its plain export. */
export const cotp = orSealed(plain, openCotp);
