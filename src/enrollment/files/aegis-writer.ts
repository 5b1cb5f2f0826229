import { createHash, randomBytes, randomUUID } from "node:crypto";
import { encrypt, NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { type ExportedToken, type ExportFormat, withLabel } from "#enrollment/exported-token.ts";
import { deriveKey } from "#enrollment/passphrase.ts";
import { encodeBase32 } from "#token/base32.ts";
import { isMadeWithPin } from "#token/credential.ts";
import { withIssuer } from "#token/draft/uri-label.ts";
import { forget } from "#token/secret.ts";
import { hasTags, tagsOf } from "#token/tags.ts";

/** The costs that Aegis itself uses. */
const COSTS = { n: 2 ** 15, r: 8, p: 1 };

const ALGORITHMS: readonly string[] = ["SHA1", "SHA256", "SHA512"];

/** The vault of Aegis. */
export const aegisExport = {
  id: "aegis",
  refuse({ credential }) {
    if (credential.kind === "ocra") return t("Aegis has no challenge-response tokens");
    if (credential.kind === "motp")
      return t("Aegis keeps the PIN with a Mobile-OTP token, and fob does not have it");
    if (credential.kind === "yandex")
      return t("Aegis keeps the PIN with a token of Yandex, and fob does not have it");
    if (!ALGORITHMS.includes(credential.algorithm))
      return t`Aegis does not know ${credential.algorithm}`;
    if (credential.alphabet !== "decimal" && credential.alphabet !== "steam") {
      return t`Aegis has no ${credential.alphabet} passcodes`;
    }
    if (credential.kind === "totp")
      return credential.t0 === 0 ? null : t("Aegis counts time steps from 1970 alone");
    return credential.counter < 2n ** 53n ? null : t("the counter is larger than Aegis can read");
  },
  isDrawable: false,
  keeps: ["tags", "favorite", "note"],
  canBeEncrypted: true,
  async write(tokens, password) {
    const text = await formatAegis(tokens.map(withLabel), password);
    return { titles: ["Aegis"], texts: [text.trimEnd()] };
  },
} as const satisfies ExportFormat;

/**
 * Tokens as an Aegis vault, encrypted where a password (UTF-8) is given. {@link aegisExport} must
 * support them.
 */
export async function formatAegis(
  tokens: readonly ExportedToken[],
  password: Uint8Array | null,
): Promise<string> {
  const groups = tagsOf(tokens.map(({ tags = [] }) => ({ tags }))).map((name) => ({
    uuid: uuidOf(["group", name]),
    name,
  }));
  const ids = new Map(groups.map(({ name, uuid }) => [name, uuid]));
  const entries = tokens.map((token) => entryOf(token, groupsOf(token, ids)));
  const db = { version: 3, entries: withIds(entries), groups };
  if (!password) return format({ slots: null, params: null }, db);
  const masterKey = randomBytes(32);
  const salt = randomBytes(32);
  const key = await deriveKey(password, { kdf: "scrypt", salt, keyBytes: 32, costs: COSTS });
  const slot = seal(key, masterKey);
  const content = Buffer.from(JSON.stringify(db));
  const { bytes, params } = seal(masterKey, content);
  forget(key, masterKey, content);
  const passwordSlot = {
    type: 1,
    uuid: randomUUID(),
    key: slot.bytes.toString("hex"),
    key_params: slot.params,
    ...COSTS,
    salt: salt.toString("hex"),
    repaired: true,
    is_backup: false,
  };
  return format({ slots: [passwordSlot], params }, bytes.toString("base64"));
}

function format(header: object, db: unknown): string {
  return `${JSON.stringify({ version: 1, header, db }, null, 2)}\n`;
}

/** The ids of a token's groups: tags in other letter cases are one group. */
function groupsOf({ tags = [] }: ExportedToken, ids: ReadonlyMap<string, string>): string[] {
  return [...ids].flatMap(([name, id]) => (hasTags({ tags }, [name]) ? id : []));
}

function entryOf(
  { issuer, account, credential, secret, favorite = false, note = "" }: ExportedToken,
  groups: readonly string[],
) {
  if (credential.kind === "ocra" || isMadeWithPin(credential))
    throw new Error("a token was not refused that this format cannot hold");
  const { algorithm, digits } = credential;
  const moving =
    credential.kind === "totp"
      ? { period: credential.period }
      : { counter: Number(credential.counter) };
  return {
    type: credential.alphabet === "steam" ? "steam" : credential.kind,
    name: withIssuer(account ?? "", issuer ?? ""),
    issuer: issuer ?? "",
    note,
    favorite,
    icon: null,
    info: { secret: encodeBase32(secret), algo: algorithm, digits, ...moving },
    groups,
  };
}

/** Entries with ids of their own: the same tokens are written with the same ones. */
function withIds(entries: readonly ReturnType<typeof entryOf>[]) {
  return entries.map(({ type, ...entry }, i) => {
    return { type, uuid: uuidOf([i, type, entry]), ...entry };
  });
}

function uuidOf(content: unknown): string {
  const hash = createHash("sha256").update(JSON.stringify(content));
  const bytes = hash.digest().subarray(0, 16);
  // the version and variant of a UUID that is made in a way of one's own (RFC 9562 section 5.8)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A text as Aegis keeps it: the ciphertext, and what it calls `params`. */
function seal(key: Uint8Array, plaintext: Uint8Array) {
  const sealed = encrypt(key, plaintext);
  const nonce = sealed.toString("hex", 0, NONCE_BYTES);
  const tag = sealed.subarray(-TAG_BYTES).toString("hex");
  return { bytes: sealed.subarray(NONCE_BYTES, -TAG_BYTES), params: { nonce, tag } };
}
