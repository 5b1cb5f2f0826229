import { createDecipheriv, createHash, createHmac } from "node:crypto";
import * as v from "valibot";
import { t } from "#base/language.ts";
import type { Derivation } from "#enrollment/passphrase.ts";
import { isBase64 } from "#enrollment/secret-text.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import { damagedFile, type OpenFile, openSealed, unknownMethod } from "./sealed-file.ts";

const APP = "Bitwarden";
const KEY_BYTES = 32;
const IV_BYTES = 16;
const MAC_BYTES = 32;

/** What Bitwarden calls `kdfType`. */
const KDF = { pbkdf2: 0, argon2id: 1 } as const;

/** AES-256-CBC with HMAC-SHA256, Bitwarden's only encryption with a password. */
const AES_CBC_HMAC = "2";

const MarkSchema = v.object({ encrypted: v.literal(true), passwordProtected: v.literal(true) });

const cost = v.pipe(v.number(), v.integer(), v.minValue(1));

const ExportSchema = v.object({
  salt: v.string(),
  kdfType: v.number(),
  kdfIterations: cost,
  kdfMemory: v.optional(v.nullable(cost)),
  kdfParallelism: v.optional(v.nullable(cost)),
  encKeyValidation_DO_NOT_EDIT: v.string(),
  data: v.string(),
});

type Export = v.InferOutput<typeof ExportSchema>;

/** A text as Bitwarden encrypts it, in its parts. */
interface Sealed {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly mac: Buffer;
}

/** The content of a Bitwarden export with a password of its own: its plain export. */
export const openBitwarden: OpenFile = async (file, opening) => {
  const content = file.json();
  if (!v.is(MarkSchema, content)) return null;
  const parsed = v.safeParse(ExportSchema, content, { abortEarly: true });
  if (!parsed.success) throw damagedFile(APP);
  const check = partsOf(parsed.output.encKeyValidation_DO_NOT_EDIT);
  const data = partsOf(parsed.output.data);
  const opened = await openSealed(APP, [derivationOf(parsed.output)], opening, (key) => {
    const validation = open(key, check);
    if (!validation) return null;
    forget(validation);
    return { text: open(key, data) };
  });
  // the password is right, so the data is damaged
  if (!opened.text) throw damagedFile(APP);
  return opened.text;
};

function derivationOf({
  salt,
  kdfType,
  kdfIterations,
  kdfMemory,
  kdfParallelism,
}: Export): Derivation {
  // Bitwarden uses the text of the salt, not the bytes that it encodes
  const bytes = Buffer.from(salt);
  if (kdfType === KDF.pbkdf2)
    return {
      kdf: "pbkdf2",
      hash: "sha256",
      iterations: kdfIterations,
      salt: bytes,
      keyBytes: KEY_BYTES,
    };
  if (kdfType !== KDF.argon2id) throw unknownMethod(APP, `kdfType ${kdfType}`);
  if (!kdfMemory || !kdfParallelism) throw damagedFile(APP);
  return {
    kdf: "argon2id",
    salt: createHash("sha256").update(bytes).digest(),
    keyBytes: KEY_BYTES,
    costs: { memory: kdfMemory * 2 ** 10, passes: kdfIterations, lanes: kdfParallelism },
  };
}

/** `2.IV|CIPHERTEXT|MAC`, each in Base64. */
function partsOf(text: string): Sealed {
  const type = /^(\d{1,3})\./.exec(text)?.[1];
  if (type === undefined) throw damagedFile(APP);
  if (type !== AES_CBC_HMAC) throw unknownMethod(APP, t`encryption ${type}`);
  const parts = text.slice(type.length + 1).split("|");
  const [iv, ciphertext, mac] = parts.map((part) => Buffer.from(part, "base64"));
  if (
    parts.length !== 3 ||
    !parts.every(isBase64) ||
    iv?.length !== IV_BYTES ||
    mac?.length !== MAC_BYTES ||
    !ciphertext ||
    ciphertext.length === 0
  ) {
    throw damagedFile(APP);
  }
  return { iv, ciphertext, mac };
}

function open(master: Secret, { iv, ciphertext, mac }: Sealed): Secret | null {
  const [key, macKey] = [expand(master, "enc"), expand(master, "mac")];
  try {
    const right = createHmac("sha256", macKey).update(iv).update(ciphertext).digest();
    if (!sameSecret(right, mac)) return null;
    const decipher = createDecipheriv("aes-256-cbc", key, iv);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    // authentic data that is not whole blocks is not from Bitwarden
    return null;
  } finally {
    forget(key, macKey);
  }
}

/** HKDF's second half (RFC 5869 section 2.3), for one block; Bitwarden leaves the first one out. */
function expand(master: Secret, info: string): Secret {
  return createHmac("sha256", master)
    .update(info)
    .update(Buffer.from([1]))
    .digest();
}
