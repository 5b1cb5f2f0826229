import * as v from "valibot";
import { GCM_NONCE_BYTES, GCM_TAG_BYTES, type Opening } from "#enrollment/passphrase.ts";
import { parseJson } from "#token/bounded-json.ts";
import { forget } from "#token/secret.ts";
import { type AppFormat, type AppItem, list, number, readEach, text } from "./app-file.ts";
import { damagedFile, holdsNoTokens, openGcmTail, openSealed } from "./sealed-file.ts";

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
      servicesEncrypted ? await decrypt(servicesEncrypted, { askSecret, effort }) : services,
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
async function decrypt(sealed: string, opening: Opening): Promise<readonly unknown[]> {
  const [data, salt, nonce] = sealed.split(":").map((part) => Buffer.from(part, "base64"));
  if (!data || !salt || nonce?.length !== GCM_NONCE_BYTES || data.length < GCM_TAG_BYTES) {
    throw damagedFile("2FAS");
  }
  const json = await openSealed("2FAS", [{ ...DERIVATION, salt }], opening, (key) =>
    openGcmTail(key, nonce, data),
  );
  const services = v.safeParse(list, parseJson(json.toString()), { abortEarly: true });
  forget(json);
  if (services.success) return services.output;
  throw holdsNoTokens("2FAS");
}
