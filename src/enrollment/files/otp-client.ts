import * as v from "valibot";
import { decryptParts, TAG_BYTES } from "#base/gcm.ts";
import type { Derivation } from "#enrollment/passphrase.ts";
import { type AppFormat, number, readEach, someHas, text } from "./app-file.ts";
import { refuseOtherVersion } from "./newer-version.ts";
import { damagedFile, type OpenFile, openSealed, orSealed } from "./sealed-file.ts";
import { cutToCharacters, openUnmarked } from "./unmarked-file.ts";

const APP = "OTPClient";
const MARK = Buffer.from("OTPClient");
const IV_BYTES = 16;
const SALT_BYTES = 32;
const COST_BYTES = 4;

/** Where a version of the database has its fields, and how it writes numbers. */
interface Layout {
  /** Where the nonce stands. The salt, three costs and the ciphertext come after it. */
  readonly ivAt: number;
  readonly read: (bytes: Buffer, at: number) => number;
}

/** Version 2 is a structure in the memory of a little-endian machine, with its gaps. */
const LAYOUTS: Readonly<Record<2 | 3, Layout>> = {
  2: { ivAt: 16, read: (bytes, at) => bytes.readUInt32LE(at) },
  3: { ivAt: 13, read: (bytes, at) => bytes.readUInt32BE(at) },
};

/** What OTPClient's database holds. */
const plain = {
  id: "otpclient",
  app: APP,
  async read(file) {
    const entries = file.json();
    // andOTP's list has the same fields but this one
    if (!Array.isArray(entries) || !someHas(entries, "label", "algo")) return null;
    return readEach(entries, {
      schema: v.object({
        type: v.string(),
        issuer: text,
        label: text,
        secret: v.string(),
        algo: v.string(),
        digits: number,
        period: number,
        counter: number,
      }),
      issuer: ["issuer"],
      account: ["label"],
      read: ({ label, algo, ...entry }) => ({ account: label, algorithm: algo, ...entry }),
    });
  },
} as const satisfies AppFormat;

const openOtpClient: OpenFile = async (file, opening) => {
  const { bytes } = file;
  if (!bytes.subarray(0, MARK.length).equals(MARK)) {
    const unmarked = await openUnmarked(file, opening);
    return unmarked?.app === APP ? withoutZeros(unmarked.content) : null;
  }
  if (bytes.length < MARK.length + COST_BYTES) throw damagedFile(APP);
  // the gap before version 2's number makes it one of version 3's form
  const version = bytes.readUInt32BE(MARK.length);
  refuseOtherVersion(APP, version, 2, 3);
  const { ivAt, read } = LAYOUTS[version];
  const saltAt = ivAt + IV_BYTES;
  const costsAt = saltAt + SALT_BYTES;
  const contentAt = costsAt + 3 * COST_BYTES;
  if (bytes.length < contentAt + TAG_BYTES) throw damagedFile(APP);
  const [passes = 0, memory = 0, lanes = 0] = [0, 1, 2].map((i) =>
    read(bytes, costsAt + i * COST_BYTES),
  );
  const derivation: Derivation = {
    kdf: "argon2id",
    salt: bytes.subarray(saltAt, costsAt),
    keyBytes: 32,
    costs: { memory, passes, lanes },
  };
  const derivations =
    version === 2 ? [derivation, { ...derivation, part: cutToCharacters }] : [derivation];
  const header = bytes.subarray(0, contentAt);
  // the nonce has 16 bytes here, and 12 everywhere else
  const nonce = bytes.subarray(ivAt, saltAt);
  const content = await openSealed(APP, derivations, opening, (key) =>
    decryptParts(key, { nonce, sealed: bytes.subarray(contentAt), associated: header }),
  );
  return withoutZeros(content);
};

/** Until version 3 the end of the text in memory is a part of it. */
function withoutZeros(content: Buffer): Buffer {
  const end = content.indexOf(0);
  return end === -1 ? content : content.subarray(0, end);
}

/** OTPClient's database: AES-GCM under a key that Argon2id makes, or before version 4 PBKDF2. */
export const otpClient = orSealed(plain, openOtpClient);
