/** What a reading beyond the end of the bytes throws. Callers say which file is damaged. */
export class EndOfBytes extends Error {}

/** Reads bytes from front to back, with numbers in little-endian. Throws {@link EndOfBytes}. */
export class BytesReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** How many bytes are behind. */
  get position(): number {
    return this.#at;
  }

  uint8(): number {
    return this.take(1).readUInt8();
  }

  uint16(): number {
    return this.take(2).readUInt16LE();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  /** The next bytes, not copied. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new EndOfBytes();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** All bytes that are left. */
  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }
}
