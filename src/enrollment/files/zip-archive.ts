import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import { forget } from "#token/secret.ts";

const MARK = Buffer.from("PK\x03\x04", "latin1");

/** What an export has beside its list: attachments and icons, never unpacked. */
const MAX_FILES = 20_000;

/** What may be a list of tokens, by the end of its name. */
const TEXT = /\.(?:json|txt|csv|xml|data)$/i;

/** More lists than any app puts into one archive. */
const MAX_TEXTS = 16;

/** What all of them may come to, unpacked: as much as a file that is not packed. */
const MAX_UNPACKED_BYTES = 8 * 1024 * 1024;

/** Whether bytes are a zip archive with something in it. */
export function isZip(bytes: Buffer): boolean {
  return bytes.subarray(0, MARK.length).equals(MARK);
}

/**
 * The texts in a zip archive, each of which may be what an app exported. One password is asked for
 * where there are encrypted ones (WinZip's AES and the older form). Rejects with FobError `denied`
 * for a wrong one, `invalid` for an archive that is damaged or holds too much.
 */
export async function readZip(bytes: Buffer, { askSecret }: Opening): Promise<Buffer[]> {
  const { configure, Uint8ArrayReader, ZipReader } = await import(
    "@zip.js/zip.js/lib/zip-core-native.js"
  );
  configure({ useWebWorkers: false });
  const archive = new ZipReader(new Uint8ArrayReader(bytes));
  let isAsked = false;
  try {
    const files: Packed[] = [];
    let count = 0;
    for await (const entry of archive.getEntriesGenerator()) {
      if (++count > MAX_FILES)
        throw new FobError("invalid", t`the archive has more than ${MAX_FILES} files`);
      if (!entry.directory && isText(entry.filename)) files.push(entry);
    }
    refuseExcess(files);
    isAsked = files.some(({ encrypted }) => encrypted);
    const password = isAsked ? await askSecret("passphrase", null) : null;
    try {
      return await unpackAll(files, password);
    } finally {
      forget(password);
    }
  } catch (cause) {
    if (cause instanceof FobError) throw cause;
    // the older form tells a wrong password only by what it makes of the content
    if (isAsked) {
      throw new FobError("denied", t("the password does not open this archive"), {
        hint: t("if the password is right, the file is damaged or was cut off"),
      });
    }
    throw new FobError("invalid", t("the archive is damaged, or packed as fob cannot read it"), {
      cause,
    });
  }
}

/** A file of an archive, as the library describes it. */
interface Packed {
  readonly encrypted: boolean;
  readonly uncompressedSize: number;
  getData(
    writable: WritableStream<Uint8Array>,
    options: {
      readonly checkSignature: boolean;
      readonly checkOverlappingEntry: boolean;
      readonly rawPassword?: Uint8Array;
    },
  ): Promise<unknown>;
}

/** macOS puts files of the same names into a folder of its own. */
function isText(name: string): boolean {
  return TEXT.test(name) && !name.startsWith("__MACOSX/");
}

/** Before a password is asked for. What an archive says of itself is not believed later. */
function refuseExcess(files: readonly Packed[]): void {
  const size = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (files.length > MAX_TEXTS || size > MAX_UNPACKED_BYTES) throw tooMuch();
}

async function unpackAll(files: readonly Packed[], password: Uint8Array | null): Promise<Buffer[]> {
  const budget = { left: MAX_UNPACKED_BYTES };
  const texts: Buffer[] = [];
  for (const file of files) texts.push(await unpack(file, password, budget));
  return texts;
}

/** Takes what comes out of the archive off the budget, as it comes. */
async function unpack(
  file: Packed,
  password: Uint8Array | null,
  budget: { left: number },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const writable = new WritableStream<Uint8Array>({
    write(piece) {
      budget.left -= piece.length;
      if (budget.left < 0) throw tooMuch();
      pieces.push(piece);
    },
  });
  const options = { checkSignature: true, checkOverlappingEntry: true };
  await file.getData(writable, password ? { ...options, rawPassword: password } : options);
  return Buffer.concat(pieces);
}

function tooMuch(): FobError {
  return new FobError(
    "invalid",
    t`the archive unpacks to more than ${MAX_UNPACKED_BYTES / 2 ** 20} MiB, or ${MAX_TEXTS} lists`,
  );
}
