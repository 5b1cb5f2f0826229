import { createDecipheriv, pbkdf2 } from "node:crypto";
import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskSecret } from "#enrollment/draft.ts";
import { parseJson } from "#token/bounded-json.ts";
import { forget } from "#token/secret.ts";
import { type AppEntry, type AppFormat, listOf } from "./app-file.ts";

/** How 2FAS makes a key of a password: PBKDF2 with HMAC-SHA-256. */
const ITERATIONS = 10_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

const text = v.optional(v.nullable(v.string()));
const number = v.optional(v.nullable(v.number()));

const ServicesSchema = listOf(
  v.object({
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
  }),
);

const BackupSchema = v.object({
  schemaVersion: v.number(),
  services: ServicesSchema,
  servicesEncrypted: v.optional(v.nullable(v.string())),
});

/** The backup of 2FAS, plain or encrypted with a password. */
export const twoFas = {
  id: "2fas",
  app: "2FAS",
  async read(file, askSecret) {
    const backup = v.safeParse(BackupSchema, file.json(), { abortEarly: true });
    if (!backup.success) return null;
    const { services, servicesEncrypted } = backup.output;
    return entriesOf(servicesEncrypted ? await decrypt(servicesEncrypted, askSecret) : services);
  },
} as const satisfies AppFormat;

function entriesOf(services: v.InferOutput<typeof ServicesSchema>): AppEntry[] {
  return services.map(({ name, secret, otp: { account, label, issuer, tokenType, ...otp } }) => ({
    type: tokenType ?? "totp",
    issuer: issuer || name,
    account: account || label,
    secret,
    ...otp,
  }));
}

/** The encrypted part is data with its tag, salt and nonce, each in Base64, with colons between. */
async function decrypt(
  sealed: string,
  askSecret: AskSecret,
): Promise<v.InferOutput<typeof ServicesSchema>> {
  const [data, salt, nonce] = sealed.split(":").map((part) => Buffer.from(part, "base64"));
  if (!data || !salt || nonce?.length !== 12 || data.length < TAG_BYTES) {
    throw new FobError("invalid", t("the encrypted part of this 2FAS backup is damaged"));
  }
  const password = await askSecret("passphrase", null);
  const key = await stretch(password, salt);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  const json = decipher.update(data.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new FobError("denied", t("the password does not open this 2FAS backup"));
  } finally {
    forget(key);
  }
  const services = v.safeParse(ServicesSchema, parseJson(json.toString()), { abortEarly: true });
  forget(json);
  if (services.success) return services.output;
  throw new FobError("invalid", t("this 2FAS backup opens, and holds something else than tokens"));
}

function stretch(password: Uint8Array, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, ITERATIONS, KEY_BYTES, "sha256", (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
