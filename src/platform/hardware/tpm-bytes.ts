import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** A byte of a TPM structure. */
export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

/** A 16-bit number of a TPM structure: everything in a TPM is big-endian. */
export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** A 32-bit number of a TPM structure. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A TPM2B: the bytes behind their length of two bytes. */
export function sized(...parts: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** The error for a reply that is not one: a broken chip, or a program that is no TPM. */
export function malformedReply(): FobError {
  return new FobError("unavailable", t("the TPM gave a reply that makes no sense"), {
    hint: t("`fob doctor` says which TPM it is; FOB_TPM names another one"),
  });
}

/**
 * Reads a TPM structure from front to back. Every method throws FobError `unavailable` where the
 * bytes end too early.
 */
export class TpmReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  /** The bytes of a TPM2B. */
  sized(): Buffer {
    return this.take(this.u16());
  }

  /** The next `length` bytes, as a copy. */
  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformedReply();
    const bytes = Buffer.from(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return bytes;
  }

  /** Everything that was not read yet. */
  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  /** Throws FobError `unavailable` where something is left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw malformedReply();
  }
}
