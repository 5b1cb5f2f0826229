import * as v from "valibot";
import { decryptParts, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import {
  type AppFormat,
  type AppItem,
  list,
  listBeside,
  namesById,
  number,
  readEach,
  text,
  textBeside,
} from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
import { refuseNewer } from "./newer-version.ts";
import { damagedFile, jsonOfOpened, openSealed } from "./sealed-file.ts";

const APP = "2FAS";

/** The newest version of a backup. */
const SCHEMA_VERSION = 4;

/** How 2FAS derives a key from a password. */
const DERIVATION = { kdf: "pbkdf2", hash: "sha256", iterations: 10_000, keyBytes: 32 } as const;

const ServiceSchema = v.object({
  name: text,
  secret: v.string(),
  groupId: textBeside,
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
  groups: listBeside,
  servicesEncrypted: v.optional(v.nullable(v.string())),
});

/** The backup of 2FAS, plain or encrypted with a password. */
export const twoFas = {
  id: "2fas",
  app: APP,
  async read(file, askSecret, effort) {
    const backup = v.safeParse(BackupSchema, file.json(), { abortEarly: true });
    if (!backup.success) return null;
    const { schemaVersion, services, groups, servicesEncrypted } = backup.output;
    refuseNewer(APP, schemaVersion, SCHEMA_VERSION);
    return entriesOf(
      servicesEncrypted ? await openServices(servicesEncrypted, { askSecret, effort }) : services,
      namesById(groups, "id", "name"),
    );
  },
} as const satisfies AppFormat;

function entriesOf(services: readonly unknown[], names: ReadonlyMap<string, string>): AppItem[] {
  return readEach(services, {
    schema: ServiceSchema,
    issuer: ["name"],
    account: ["otp", "account"],
    read: ({ name, secret, groupId, otp: { account, label, issuer, tokenType, ...otp } }) =>
      withBelongings(
        [
          {
            type: tokenType ?? "totp",
            issuer: issuer || name,
            account: account || label,
            secret,
            ...otp,
            alphabet: "decimal",
          },
        ],
        { groups: [names.get(groupId ?? "")] },
      ),
  });
}

/** The encrypted part is data with its tag, salt and nonce, each in Base64, with colons between. */
async function openServices(sealed: string, opening: Opening): Promise<readonly unknown[]> {
  const [data, salt, nonce] = sealed.split(":").map((part) => Buffer.from(part, "base64"));
  if (!data || !salt || nonce?.length !== NONCE_BYTES || data.length < TAG_BYTES)
    throw damagedFile(APP);
  const opened = await openSealed(APP, [{ ...DERIVATION, salt }], opening, (key) =>
    decryptParts(key, { nonce, sealed: data }),
  );
  return jsonOfOpened(opened, APP, list);
}
