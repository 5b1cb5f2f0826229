import { FobError } from "#base/fob-error.ts";
import { type Text, t, translated } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { isBase64 } from "#enrollment/secret-text.ts";

/** A kind of file that holds no tokens for fob, or none that it can get at. */
interface OtherKind {
  readonly is: Text;
  /** How such a file begins, in Latin-1. */
  readonly begins: string;
  /** What stands soon after that, where the beginning is short. */
  readonly has?: string;
  readonly hint?: Text;
}

const UNPACK: Text = "unpack it, and import the file in it";

const KINDS: readonly OtherKind[] = [
  { is: "a 7-Zip archive", begins: "7z\xbc\xaf\x27\x1c", hint: UNPACK },
  { is: "a RAR archive", begins: "Rar!\x1a\x07", hint: UNPACK },
  { is: "a gzip file", begins: "\x1f\x8b\x08", hint: UNPACK },
  { is: "a bzip2 file", begins: "BZh", has: "1AY&SY", hint: UNPACK },
  { is: "an XZ file", begins: "\xfd7zXZ\0", hint: UNPACK },
  { is: "a Zstandard file", begins: "\x28\xb5\x2f\xfd", hint: UNPACK },
  { is: "a program", begins: "\x7fELF" },
  { is: "a program", begins: "MZ", has: "PE\0\0" },
  {
    is: "an SQLite database",
    begins: "SQLite format 3\0",
    hint: "export the tokens in its app, and import that file",
  },
  {
    is: "a PDF document",
    begins: "%PDF-",
    hint: "show it, and read its QR code with `fob enroll --screen`",
  },
];

/** How much of a file is looked at. */
const BEGINNING_BYTES = 2_048;

const AGE_FILE = /^\s{0,64}(?:age-encryption\.org\/v1\n|-----BEGIN AGE ENCRYPTED FILE-----)/;

/**
 * Throws FobError `invalid` that names a file which other programs write, or `fob backup`: none of
 * them is a file of tokens, and some would be taken for an encrypted one. `source` names the file.
 */
export function refuseOtherPrograms(bytes: Buffer, source: string): void {
  const beginning = bytes.toString("latin1", 0, BEGINNING_BYTES);
  if (AGE_FILE.test(beginning))
    throw new FobError("invalid", t`${source} is a backup, or another file encrypted with age`, {
      hint: t`\`fob restore ${shellWord(source)}\` reads a backup of fob`,
    });
  if (isEncryptedMaFile(bytes, source))
    throw new FobError("invalid", t`Steam Desktop Authenticator has encrypted ${source}`, {
      hint: t(
        "what opens it is not in the file: turn Manage Encryption off there, and import it again",
      ),
    });
  const kind = KINDS.find(
    ({ begins, has = "" }) => beginning.startsWith(begins) && beginning.includes(has),
  );
  if (!kind) return;
  throw new FobError(
    "invalid",
    t`${source} is ${translated(kind.is)}, which fob does not read`,
    kind.hint === undefined ? {} : { hint: translated(kind.hint) },
  );
}

/**
 * The name, and what AES makes of a token in Base64; the salt and the nonce are in another file.
 */
function isEncryptedMaFile(bytes: Buffer, source: string): boolean {
  if (!/\.mafile$/i.test(source) || bytes.length > MAX_MA_FILE_BYTES) return false;
  const text = bytes.toString("latin1").trim();
  return isBase64(text) && text !== "" && Buffer.from(text, "base64").length % AES_BLOCK === 0;
}

/** A token with its session has some kilobytes. */
const MAX_MA_FILE_BYTES = 64 * 1024;
const AES_BLOCK = 16;
