import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { decrypt, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { type Opening, openWithPassphrase } from "#enrollment/passphrase.ts";
import {
  type AppFormat,
  type AppItem,
  list,
  number,
  readEach,
  readOpened,
  text,
} from "./app-file.ts";

/** How 2FAS makes a key of a password. */
const DERIVATION = { kdf: "pbkdf2", hash: "sha256", iterations: 10_000, keyBytes: 32 } as const;

const ServiceSchema = v.object({
  name: text,
  secret: v.string(),
  otp: v.object({
    account: text,
    label: text,
    issuer: text,
    digits: number,
    period: number,
    algorithm: text,
    tokenType: text,
    counter: number,
  }),
});

const BackupSchema = v.object({
  schemaVersion: v.number(),
  services: list,
  servicesEncrypted: v.optional(v.nullable(v.string())),
});

/** The backup of 2FAS, plain or encrypted with a password. */
export const twoFas = {
  id: "2fas",
  app: "2FAS",
  async read(file, askSecret, effort) {
    const backup = v.safeParse(BackupSchema, file.json(), { abortEarly: true });
    if (!backup.success) return null;
    const { services, servicesEncrypted } = backup.output;
    return entriesOf(
      servicesEncrypted ? await openServices(servicesEncrypted, { askSecret, effort }) : services,
    );
  },
} as const satisfies AppFormat;

function entriesOf(services: readonly unknown[]): AppItem[] {
  return readEach(services, {
    schema: ServiceSchema,
    issuer: ["name"],
    account: ["otp", "account"],
    read: ({ name, secret, otp: { account, label, issuer, tokenType, ...otp } }) => ({
      type: tokenType ?? "totp",
      issuer: issuer || name,
      account: account || label,
      secret,
      ...otp,
      alphabet: "decimal",
    }),
  });
}

/** The encrypted part is data with its tag, salt and nonce, each in Base64, with colons between. */
async function openServices(sealed: string, opening: Opening): Promise<readonly unknown[]> {
  const [data, salt, nonce] = sealed.split(":").map((part) => Buffer.from(part, "base64"));
  if (!data || !salt || nonce?.length !== NONCE_BYTES || data.length < TAG_BYTES) {
    throw new FobError("invalid", t("the encrypted part of this 2FAS backup is damaged"));
  }
  const json = await openWithPassphrase([{ ...DERIVATION, salt }], null, opening, (key) =>
    decrypt(key, Buffer.concat([nonce, data])),
  );
  return readOpened(json, list, t("this 2FAS backup"));
}
