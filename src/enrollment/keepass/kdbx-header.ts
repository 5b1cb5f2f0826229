import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseOtherVersion } from "#enrollment/files/newer-version.ts";
import { damagedFile, MIN_SALT_BYTES, unknownMethod } from "#enrollment/files/sealed-file.ts";
import type { Derivation } from "#enrollment/passphrase.ts";
import { show } from "#token/draft/uri-parameters.ts";
import { BytesReader } from "./bytes-reader.ts";
import { KEEPASS } from "./keepass-name.ts";
import { readVariants, type Variants } from "./variants.ts";

const MARK = Buffer.from("03d9a29a", "hex");
const SECOND_MARK = { 1: 0xb54bfb65, 2: 0xb54bfb67 } as const;

/** The fields of a header, by their numbers. */
const FIELD = {
  end: 0,
  cipher: 2,
  compression: 3,
  masterSeed: 4,
  transformSeed: 5,
  transformRounds: 6,
  iv: 7,
  streamKey: 8,
  startBytes: 9,
  stream: 10,
  kdf: 11,
} as const;

/** The ids of ciphers. */
const CIPHER = {
  aes: "31c1f2e6bf714350be5805216afc5aff",
  chaCha20: "d6038a2b8b6f4cb5a524339a31dbb59a",
  twofish: "ad68f29f576f4bb9a36ad47af965346c",
} as const;

/** The ids of key derivations in version 4. */
const KDF = {
  aes: "c9d9f39a628a4460bf740d08c18a4fea",
  newerAes: "7c02bb8279a74ac0927d114a00648238",
  argon2d: "ef636ddf8c29444b91f7a9a403e30a0c",
  argon2id: "9e298b1956db4773b23dfc3ec6f0a1e6",
} as const;

/** RFC 9106's version of Argon2. */
const ARGON2_VERSION = 0x13;

/** The beginning of a database: how it is encrypted. */
export interface KdbxHeader {
  readonly version: 3 | 4;
  /** The header itself, which is authentic. */
  readonly bytes: Buffer;
  readonly cipher: "aes" | "chaCha20";
  readonly isCompressed: boolean;
  readonly masterSeed: Buffer;
  readonly iv: Buffer;
  readonly derivation: Derivation;
  /** Of version 3: what the plaintext begins with, and how values in it are encrypted. */
  readonly startBytes: Buffer;
  readonly stream: { readonly id: number; readonly key: Buffer };
}

/** Whether bytes begin as databases of KeePass do, whichever version wrote them. */
export function isKeePass(bytes: Buffer): boolean {
  return bytes.subarray(0, MARK.length).equals(MARK);
}

/**
 * The header of a database. Throws FobError `invalid` for one that is damaged, of another version,
 * or encrypted as fob cannot do; EndOfBytes for one that was cut off.
 */
export function readHeader(bytes: Buffer): KdbxHeader {
  const reader = new BytesReader(bytes, MARK.length);
  const mark = reader.uint32();
  if (mark === SECOND_MARK[1]) {
    throw new FobError("invalid", t("this is a database of KeePass 1, which fob does not read"), {
      hint: t("KeePass 2 and KeePassXC import it; save it there as a .kdbx file"),
    });
  }
  if (mark !== SECOND_MARK[2]) throw damagedFile(KEEPASS);
  // the minor version adds what may be passed over
  reader.uint16();
  const version = reader.uint16();
  refuseOtherVersion(KEEPASS, version, 3, 4);
  const fields = readFields(reader, version);
  const field = (id: number, length?: number): Buffer => {
    const found = fields.get(id);
    if (!found || (length !== undefined && found.length !== length)) throw damagedFile(KEEPASS);
    return found;
  };
  const cipher = cipherOf(field(FIELD.cipher).toString("hex"));
  const number = (id: number) => field(id, 4).readUInt32LE();
  const isOld = version === 3;
  return {
    version,
    bytes: bytes.subarray(0, reader.position),
    cipher,
    isCompressed: number(FIELD.compression) === 1,
    masterSeed: field(FIELD.masterSeed, 32),
    iv: field(FIELD.iv, cipher === "aes" ? 16 : 12),
    derivation: isOld
      ? aes(field(FIELD.transformSeed, 32), field(FIELD.transformRounds, 8).readBigUInt64LE())
      : derivationOf(readVariants(field(FIELD.kdf))),
    startBytes: isOld ? field(FIELD.startBytes, 32) : Buffer.alloc(0),
    stream: isOld
      ? { id: number(FIELD.stream), key: field(FIELD.streamKey) }
      : { id: 0, key: Buffer.alloc(0) },
  };
}

function readFields(reader: BytesReader, version: 3 | 4): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (;;) {
    const id = reader.uint8();
    const value = reader.take(version === 3 ? reader.uint16() : reader.uint32());
    if (id === FIELD.end) return fields;
    fields.set(id, value);
  }
}

function cipherOf(id: string): "aes" | "chaCha20" {
  if (id === CIPHER.aes) return "aes";
  if (id === CIPHER.chaCha20) return "chaCha20";
  const name = id === CIPHER.twofish ? "Twofish" : t("a cipher of a plug-in");
  throw new FobError(
    "invalid",
    t`the database is encrypted with ${name}, which fob does not have`,
    {
      hint: t("choose AES or ChaCha20 in the settings of the database, and save it"),
    },
  );
}

function derivationOf(variants: Variants): Derivation {
  const id = variants.bytes("$UUID").toString("hex");
  const salt = variants.bytes("S");
  if (id === KDF.aes || id === KDF.newerAes) {
    if (salt.length !== 32) throw damagedFile(KEEPASS);
    return aes(salt, variants.number("R"));
  }
  if (id !== KDF.argon2d && id !== KDF.argon2id)
    throw unknownMethod(KEEPASS, t`key derivation ${show(id)}`);
  const version = Number(variants.number("V"));
  if (version !== ARGON2_VERSION) throw unknownMethod(KEEPASS, t`version ${version} of Argon2`);
  if (salt.length < MIN_SALT_BYTES) throw damagedFile(KEEPASS);
  return {
    kdf: id === KDF.argon2d ? "argon2d" : "argon2id",
    salt,
    keyBytes: 32,
    costs: {
      memory: Math.floor(Number(variants.number("M")) / 2 ** 10),
      passes: Number(variants.number("I")),
      lanes: Number(variants.number("P")),
    },
    isTimed: true,
  };
}

function aes(salt: Buffer, rounds: bigint): Derivation {
  return { kdf: "aes", salt, keyBytes: 32, rounds };
}
