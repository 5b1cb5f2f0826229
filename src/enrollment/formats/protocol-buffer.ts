/** One field of a protocol buffer: a number, or bytes. */
export interface Field {
  readonly tag: number;
  readonly value: bigint | Buffer;
}

/**
 * The kinds of field, by the lowest three bits of their key. Groups are not among them: no program
 * has written one for decades.
 */
const VARINT = 0n;
const FIXED_64 = 1n;
const BYTES = 2n;
const FIXED_32 = 5n;

const MAX_VARINT_BYTES = 10;

/** A protocol buffer that ends before it should, or holds what cannot be in one. */
export class ProtocolBufferError extends Error {
  override name = "ProtocolBufferError";
}

/**
 * The fields of a protocol buffer, in their order. Throws {@link ProtocolBufferError} when a length
 * is larger than what is left: readers that take what there is would make a shorter secret of it.
 */
export function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const key = reader.varint();
    const tag = Number(key >> 3n);
    if (tag < 1 || tag >= 2 ** 29) throw new ProtocolBufferError("no field has this number");
    fields.push({ tag, value: reader.value(key & 7n) });
  }
  return fields;
}

class Reader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const [byte = 0] = this.#take(1);
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtocolBufferError("a number does not end");
  }

  value(kind: bigint): bigint | Buffer {
    if (kind === VARINT) return this.varint();
    if (kind === BYTES) return this.#take(Number(this.varint()));
    if (kind === FIXED_32) return this.#take(4);
    if (kind === FIXED_64) return this.#take(8);
    throw new ProtocolBufferError("a field is of no known kind");
  }

  #take(length: number): Buffer {
    const start = this.#position;
    if (length > this.#bytes.length - start)
      throw new ProtocolBufferError("it ends before a field does");
    this.#position = start + length;
    return this.#bytes.subarray(start, this.#position);
  }
}
