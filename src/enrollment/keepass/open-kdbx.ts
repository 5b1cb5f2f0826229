import { createDecipheriv, createHash, createHmac } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Effort } from "#enrollment/effort.ts";
import { damagedFile } from "#enrollment/files/sealed-file.ts";
import {
  type Derivation,
  deriveWithin,
  type Opening,
  openWithPassphrase,
} from "#enrollment/passphrase.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import { BytesReader, EndOfBytes } from "./bytes-reader.ts";
import { type KdbxHeader, readHeader } from "./kdbx-header.ts";
import { KEEPASS } from "./keepass-name.ts";
import { readKeyFile } from "./key-file.ts";
import { type OpenValue, valueStream } from "./value-stream.ts";

const HASH_BYTES = 32;

/** What a database may hold after decompression, attachments and all: 64 MiB. */
const MAX_UNPACKED_BYTES = 2 ** 26;

/** The fields that stand before the document in version 4. */
const INNER = { end: 0, stream: 1, streamKey: 2 } as const;

/** What a database holds: its document in UTF-8, in which single values are encrypted. */
export interface OpenedKdbx {
  readonly document: Buffer;
  readonly openValue: OpenValue;
}

/**
 * Opens a `.kdbx` file of version 3 or 4. With a key file it is tried without a password before one
 * is asked for. Rejects with FobError `denied` for a wrong password or key file, `invalid` for a
 * file that is damaged or cannot be read.
 */
export async function openKdbx(
  bytes: Buffer,
  keyFile: Buffer | null,
  opening: Opening,
): Promise<OpenedKdbx> {
  try {
    return await open(bytes, keyFile, opening);
  } catch (error) {
    if (error instanceof EndOfBytes) throw damagedFile(KEEPASS);
    throw error;
  }
}

async function open(bytes: Buffer, keyFile: Buffer | null, opening: Opening): Promise<OpenedKdbx> {
  const header = readHeader(bytes);
  const body = bytes.subarray(header.bytes.length);
  const openBody = header.version === 3 ? openBody3 : openBody4;
  if (header.version === 4) refuseDamagedHeader(header, body);
  const ofFile = keyFile && readKeyFile(keyFile);
  const { derivation } = header;
  try {
    if (ofFile) {
      const opened = await openWithFile(ofFile, derivation, opening.effort, (key) =>
        openBody(header, body, key),
      );
      if (opened) return opened;
    }
    const opened = await openWithPassphrase(
      [{ ...derivation, part: (password) => compositeOf(password, ofFile) }],
      null,
      opening,
      (key) => openBody(header, body, key),
    );
    if (opened) return opened;
  } finally {
    forget(ofFile);
  }
  throw new FobError("denied", t("the password does not open this database of KeePass"), {
    hint: ofFile
      ? t("the key file may be another one; if both are right, the file is damaged or was cut off")
      : t("a database with a key file needs --key-file, too; else the file may be damaged"),
  });
}

/** The hash of a header needs no key, so that no password is asked for a damaged one. */
function refuseDamagedHeader(header: KdbxHeader, body: Buffer): void {
  const hash = new BytesReader(body).take(HASH_BYTES);
  if (!sha256(header.bytes).equals(hash)) throw damagedFile(KEEPASS);
}

async function openWithFile(
  ofFile: Secret,
  derivation: Derivation,
  effort: Effort,
  openBody: (key: Secret) => OpenedKdbx | null,
): Promise<OpenedKdbx | null> {
  const composite = sha256(ofFile);
  const key = await deriveWithin(effort, composite, derivation).finally(() => forget(composite));
  try {
    return openBody(key);
  } finally {
    forget(key);
  }
}

function compositeOf(password: Uint8Array, ofFile: Secret | null): Secret {
  const ofPassword = sha256(password);
  const composite = ofFile ? sha256(ofPassword, ofFile) : sha256(ofPassword);
  forget(ofPassword);
  return composite;
}

/** Version 3: AES alone, and a hash for each block of the plaintext. */
function openBody3(header: KdbxHeader, body: Buffer, transformed: Secret): OpenedKdbx | null {
  const key = sha256(header.masterSeed, transformed);
  const plaintext = decrypt(header, key, body);
  forget(key);
  const start = plaintext.subarray(0, header.startBytes.length);
  if (!sameSecret(start, header.startBytes)) return null;
  const blocks = joinHashedBlocks(new BytesReader(plaintext, start.length));
  const { id, key: streamKey } = header.stream;
  return { document: unpack(header, blocks), openValue: valueStream(id, streamKey) };
}

function joinHashedBlocks(reader: BytesReader): Buffer {
  const blocks: Buffer[] = [];
  for (;;) {
    reader.uint32();
    const hash = reader.take(HASH_BYTES);
    const block = reader.take(reader.uint32());
    if (block.length === 0) return Buffer.concat(blocks);
    if (!sha256(block).equals(hash)) throw damagedFile(KEEPASS);
    blocks.push(block);
  }
}

/** Version 4: an HMAC for the header and for each block of the ciphertext. */
function openBody4(header: KdbxHeader, body: Buffer, transformed: Secret): OpenedKdbx | null {
  const reader = new BytesReader(body);
  reader.take(HASH_BYTES);
  const macKey = createHash("sha512")
    .update(header.masterSeed)
    .update(transformed)
    .update(Buffer.from([1]))
    .digest();
  const mac = blockMac(macKey, 2n ** 64n - 1n, header.bytes);
  if (!sameSecret(mac, reader.take(HASH_BYTES))) return null;
  const ciphertext = joinAuthenticBlocks(reader, macKey);
  const key = sha256(header.masterSeed, transformed);
  const content = unpack(header, decrypt(header, key, ciphertext));
  forget(key, macKey);
  const inner = new BytesReader(content);
  const fields = new Map<number, Buffer>();
  for (let id = inner.uint8(); ; id = inner.uint8()) {
    const value = inner.take(inner.uint32());
    if (id === INNER.end) break;
    fields.set(id, value);
  }
  const stream = fields.get(INNER.stream);
  const streamKey = fields.get(INNER.streamKey);
  if (stream?.length !== 4 || !streamKey) throw damagedFile(KEEPASS);
  return { document: inner.rest(), openValue: valueStream(stream.readUInt32LE(), streamKey) };
}

function joinAuthenticBlocks(reader: BytesReader, macKey: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0n; ; index++) {
    const mac = reader.take(HASH_BYTES);
    const size = reader.take(4);
    const block = reader.take(size.readUInt32LE());
    if (!sameSecret(blockMac(macKey, index, uint64(index), size, block), mac))
      throw damagedFile(KEEPASS);
    if (block.length === 0) return Buffer.concat(blocks);
    blocks.push(block);
  }
}

/** The HMAC of what has this index, whose key is made of it and the one of the whole file. */
function blockMac(macKey: Buffer, index: bigint, ...parts: readonly Buffer[]): Buffer {
  const key = createHash("sha512").update(uint64(index)).update(macKey).digest();
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** What is not authentic has nonsense for its last bytes, which callers find. */
function decrypt({ cipher, iv, version }: KdbxHeader, key: Secret, ciphertext: Buffer): Buffer {
  if (cipher === "chaCha20") {
    // a counter of 4 bytes stands before the nonce (RFC 8439 section 2.3)
    const decipher = createDecipheriv("chacha20", key, Buffer.concat([Buffer.alloc(4), iv]));
    return decipher.update(ciphertext);
  }
  const decipher = createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(version === 4);
  try {
    const start = decipher.update(ciphertext);
    return version === 3 ? start : Buffer.concat([start, decipher.final()]);
  } catch {
    // node:crypto has no other way to say that the padding is wrong
    throw damagedFile(KEEPASS);
  }
}

/** The content, decompressed. Throws FobError `invalid` for more than is read. */
function unpack({ isCompressed }: KdbxHeader, content: Buffer): Buffer {
  if (!isCompressed) return content;
  try {
    return gunzipSync(content, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new FobError(
        "invalid",
        t`the database holds more than ${MAX_UNPACKED_BYTES / 2 ** 20} MiB`,
        { hint: t("take out large attachments, in a copy of it") },
      );
    }
    throw damagedFile(KEEPASS);
  }
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
