import { isUtf8 } from "node:buffer";
import { FobError } from "#base/fob-error.ts";
import { decrypt, decryptParts } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Derivation, Opening } from "#enrollment/passphrase.ts";
import type { Secret } from "#token/secret.ts";
import type { ForeignFile } from "./foreign-file.ts";
import { openSealed } from "./sealed-file.ts";

/** An app whose encrypted files have no marker: all their bytes look random. */
type App = "andOTP" | "OTPClient";

/** The content that a password opened, and the app of the file. */
interface Opened {
  readonly app: App;
  readonly content: Secret;
}

/** One reading of the bytes: how its key is made, and what is opened with it. */
type Reading = Derivation & { readonly app: App; open(key: Secret): Secret | null };

/** andOTP takes 140,000 to 160,000 iterations, and took 1,000 to 5,000. */
const ITERATIONS = { min: 1_000, max: 1_000_000 } as const;
const ITERATIONS_BYTES = 4;
const SALT_BYTES = 12;

/** OTPClient's database before version 4, which has the nonce and the salt before it. */
const OTP_CLIENT = { ivBytes: 16, saltBytes: 32, iterations: 100_000 } as const;

/** No app has a shorter one, with a token in it. */
const MIN_BYTES = 100;

const opened = new WeakMap<ForeignFile, Promise<Opened | null>>();

/**
 * The content of an encrypted file without a marker, or null for a file that cannot be one. The
 * password is asked for once for all possible apps. Rejects with FobError `denied` when it opens
 * nothing.
 */
export function openUnmarked(file: ForeignFile, opening: Opening): Promise<Opened | null> {
  const known = opened.get(file) ?? open(file.bytes, opening);
  opened.set(file, known);
  return known;
}

async function open(bytes: Buffer, opening: Opening): Promise<Opened | null> {
  refuseOpenPgp(bytes);
  if (bytes.length < MIN_BYTES || isUtf8(bytes) || !looksRandom(bytes)) return null;
  return openSealed("andOTP or OTPClient", readingsOf(bytes), opening, (key, reading) => {
    const content = reading.open(key);
    return content && { app: reading.app, content };
  });
}

function readingsOf(bytes: Buffer): Reading[] {
  const iterations = bytes.readUInt32BE(0);
  const isCounted = iterations >= ITERATIONS.min && iterations <= ITERATIONS.max;
  return isCounted ? [countedAndOtp(bytes, iterations)] : [oldAndOtp(bytes), oldOtpClient(bytes)];
}

function countedAndOtp(bytes: Buffer, iterations: number): Reading {
  const sealed = bytes.subarray(ITERATIONS_BYTES + SALT_BYTES);
  return {
    app: "andOTP",
    kdf: "pbkdf2",
    hash: "sha1",
    iterations,
    salt: bytes.subarray(ITERATIONS_BYTES, ITERATIONS_BYTES + SALT_BYTES),
    keyBytes: 32,
    open: (key) => decrypt(key, sealed),
  };
}

/** Until version 0.6.3 andOTP derived its key from the password alone, without a salt. */
function oldAndOtp(bytes: Buffer): Reading {
  return {
    app: "andOTP",
    kdf: "sha256",
    salt: Buffer.alloc(0),
    keyBytes: 32,
    open: (key) => decrypt(key, bytes),
  };
}

function oldOtpClient(bytes: Buffer): Reading {
  const { ivBytes, saltBytes, iterations } = OTP_CLIENT;
  const header = bytes.subarray(0, ivBytes + saltBytes);
  const nonce = header.subarray(0, ivBytes);
  const sealed = bytes.subarray(header.length);
  return {
    app: "OTPClient",
    kdf: "pbkdf2",
    hash: "sha512",
    iterations,
    salt: header.subarray(ivBytes),
    keyBytes: 32,
    part: (passphrase) => cutToCharacters(passphrase) ?? passphrase,
    open: (key) => decryptParts(key, { nonce, sealed, associated: header }),
  };
}

/**
 * The first bytes of a password, as many as it has characters: older versions of OTPClient used
 * only these. Null where that is the whole password.
 */
export function cutToCharacters(passphrase: Uint8Array): Uint8Array | null {
  const characters = [...Buffer.from(passphrase).toString("utf8")].length;
  return characters === passphrase.length ? null : passphrase.subarray(0, characters);
}

const OPEN_PGP_ARMOR = Buffer.from("-----BEGIN PGP MESSAGE-----");

/**
 * andOTP's third kind of backup is an OpenPGP message: armored, or one that begins with an
 * encrypted session key of version 3 (RFC 4880 section 5.1). Throws FobError `invalid`.
 */
function refuseOpenPgp(bytes: Buffer): void {
  const isArmored = bytes.subarray(0, OPEN_PGP_ARMOR.length).equals(OPEN_PGP_ARMOR);
  const [tag, high = 0xff, , version] = bytes;
  if (!isArmored && (tag !== 0x85 || high >= 8 || version !== 3)) return;
  throw new FobError("invalid", t("this file is encrypted with OpenPGP"), {
    hint: t("`gpg --decrypt` makes a plain one of it; remove that file after the import"),
  });
}

/** How the file of FreeOTP begins, whose rest looks random. */
const JAVA_OBJECTS = Buffer.from("aced0005", "hex");

/**
 * The chi-squared statistic of 256 values has the mean 255 and the standard deviation 23: six of
 * them more are no chance, but a text, a program or a table.
 */
const MAX_CHI_SQUARED = 255 + 6 * 23;

/**
 * Of random bytes 37 in 100 are printable ASCII; so many more are a text in some other encoding.
 */
const MAX_PRINTABLE = 0.62;

/** Whether bytes may be ciphertext: no value among them is much more frequent than others. */
function looksRandom(bytes: Buffer): boolean {
  if (bytes.subarray(0, JAVA_OBJECTS.length).equals(JAVA_OBJECTS)) return false;
  const printable = bytes.filter((byte) => byte >= 0x20 && byte < 0x7f).length;
  if (printable > MAX_PRINTABLE * bytes.length) return false;
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  const expected = bytes.length / counts.length;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquared <= MAX_CHI_SQUARED;
}
