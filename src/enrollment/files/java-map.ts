import { MAX_ENTRIES } from "#enrollment/lines.ts";

/** The text entries of a serialized Java map. */
export type JavaMap = ReadonlyMap<string, string>;

/** What a stream of Java's serialization begins with: its magic number and its version. */
const MAGIC = 0xaced_0005;

/** Java Object Serialization Specification, section 6.4.2: what a piece of content is. */
const CODE = {
  null: 0x70,
  reference: 0x71,
  class: 0x72,
  object: 0x73,
  text: 0x74,
  block: 0x77,
  end: 0x78,
  longText: 0x7c,
} as const;

/** The number of the first thing that may be referred to. */
const FIRST_HANDLE = 0x7e_0000;

/** A token has two entries, and the map some others. */
const MAX_MAP_ENTRIES = 2 * MAX_ENTRIES + 64;

/** The sizes of Java's primitive types in bytes, by type code. */
const PRIMITIVE_BYTES: ReadonlyMap<string, number> = new Map(
  Object.entries({ B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, S: 2, Z: 1 }),
);

/** A class of objects that may be read: its fields, and its superclass. */
interface JavaClass {
  readonly name: string;
  readonly fieldBytes: number;
  readonly above: JavaClass | null;
}

/** The classes of values in a map of preferences. Their code is not run. */
const VALUE_CLASSES: readonly string[] = [
  "java.lang.Boolean",
  "java.lang.Float",
  "java.lang.Integer",
  "java.lang.Long",
  "java.lang.Number",
];

const MAP_CLASS = "java.util.HashMap";

/** Whether the bytes are a stream of Java's serialization. */
export function isJavaStream(bytes: Buffer): boolean {
  return bytes.length >= 4 && bytes.readUInt32BE(0) === MAGIC;
}

/**
 * The text entries of a serialized `HashMap` with texts as keys, and texts or boxed numbers as
 * values; numbers are left out. Null for every other stream, and for a damaged one.
 */
export function readJavaMap(bytes: Buffer): JavaMap | null {
  try {
    return new Stream(bytes).readMap();
  } catch (error) {
    if (error instanceof NotReadable || error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Thrown for a stream that holds something else; one that ends too early may give a RangeError of
 * Buffer.
 */
class NotReadable extends Error {}

/** What a reference may refer to. */
type Referable = string | JavaClass | typeof VALUE;

/** An object that is not looked into. */
const VALUE = Symbol("value");

class Stream {
  readonly #bytes: Buffer;
  #at = 4;
  readonly #known: Referable[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  readMap(): JavaMap {
    this.#expect(CODE.object);
    const map = this.#readClass();
    if (map?.name !== MAP_CLASS || map.above) throw new NotReadable();
    this.#known.push(VALUE);
    this.#skip(map.fieldBytes);
    // how many entries there is room for, and how many there are
    this.#expect(CODE.block);
    if (this.#byte() !== 8) throw new NotReadable();
    this.#skip(4);
    const count = this.#bytes.readInt32BE(this.#skip(4));
    if (count < 0 || count > MAX_MAP_ENTRIES) throw new NotReadable();
    const entries = new Map<string, string>();
    for (let i = 0; i < count; i++) {
      const key = this.#readValue();
      const value = this.#readValue();
      if (typeof key !== "string") throw new NotReadable();
      if (typeof value === "string") entries.set(key, value);
    }
    this.#expect(CODE.end);
    return entries;
  }

  #readValue(): string | typeof VALUE | null {
    const code = this.#byte();
    if (code === CODE.null) return null;
    if (code === CODE.text) return this.#remember(this.#readText(this.#readUint16()));
    if (code === CODE.longText) return this.#remember(this.#readText(this.#readUint64()));
    if (code === CODE.reference) {
      const known = this.#readReference();
      if (typeof known === "object") throw new NotReadable();
      return known;
    }
    if (code !== CODE.object) throw new NotReadable();
    const boxed = this.#readClass();
    if (!boxed || !VALUE_CLASSES.includes(boxed.name)) throw new NotReadable();
    this.#known.push(VALUE);
    this.#skip(boxed.fieldBytes + (boxed.above?.fieldBytes ?? 0));
    return VALUE;
  }

  /** A class and its superclass, of which there is one at most. */
  #readClass(depth = 0): JavaClass | null {
    const code = this.#byte();
    if (code === CODE.null) return null;
    if (code === CODE.reference) {
      const known = this.#readReference();
      if (typeof known !== "object") throw new NotReadable();
      return known;
    }
    if (code !== CODE.class || depth > 1) throw new NotReadable();
    const name = this.#readText(this.#readUint16());
    this.#skip(8);
    const at = this.#known.push(VALUE) - 1;
    this.#skip(1);
    const fieldBytes = this.#readFields();
    this.#expect(CODE.end);
    const made = { name, fieldBytes, above: this.#readClass(depth + 1) };
    this.#known[at] = made;
    return made;
  }

  /** The bytes that the fields of a class have, all of which are primitive here. */
  #readFields(): number {
    let total = 0;
    for (let left = this.#readUint16(); left > 0; left--) {
      const bytes = PRIMITIVE_BYTES.get(String.fromCharCode(this.#byte()));
      if (bytes === undefined) throw new NotReadable();
      this.#skip(this.#readUint16());
      total += bytes;
    }
    return total;
  }

  #remember(text: string): string {
    this.#known.push(text);
    return text;
  }

  #readReference(): Referable {
    const known = this.#known[this.#bytes.readInt32BE(this.#skip(4)) - FIRST_HANDLE];
    if (known === undefined) throw new NotReadable();
    return known;
  }

  #readUint16(): number {
    return this.#bytes.readUInt16BE(this.#skip(2));
  }

  #readUint64(): number {
    return Number(this.#bytes.readBigUInt64BE(this.#skip(8)));
  }

  /** A text in Java's modified UTF-8: each UTF-16 unit is encoded separately. */
  #readText(length: number): string {
    const start = this.#skip(length);
    const units = new Uint16Array(length);
    let count = 0;
    for (let i = start; i < this.#at; ) {
      const first = this.#bytes[i] ?? 0;
      const size = sizeOf(first);
      if (i + size > this.#at) throw new NotReadable();
      let unit = size === 1 ? first : first & (0xff >> (size + 1));
      for (let j = 1; j < size; j++) unit = (unit << 6) | ((this.#bytes[i + j] ?? 0) & 0x3f);
      units[count++] = unit;
      i += size;
    }
    return Buffer.from(units.buffer, 0, count * 2).toString("utf16le");
  }

  #byte(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  #expect(code: number): void {
    if (this.#byte() !== code) throw new NotReadable();
  }

  /** Where the next bytes begin, which are then behind. */
  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new NotReadable();
    this.#at += length;
    return start;
  }
}

/** How many bytes a unit has, by the first of them. */
function sizeOf(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : 3;
}
