import { damagedFile } from "#enrollment/files/sealed-file.ts";
import { BytesReader } from "./bytes-reader.ts";
import { KEEPASS } from "./keepass-name.ts";

/** Numbers and bytes by their names, as version 4 of KeePass's database writes them. */
export interface Variants {
  /** Throws FobError `invalid` where there is no such one. */
  number(name: string): bigint;
  /** Throws FobError `invalid` where there are none. */
  bytes(name: string): Buffer;
}

const END = 0;

/** The types of numbers; every other type is bytes here. */
const NUMBER_BYTES: ReadonlyMap<number, number> = new Map([
  [0x04, 4],
  [0x05, 8],
  [0x0c, 4],
  [0x0d, 8],
]);

/** Reads a dictionary of variants. Throws EndOfBytes for one that was cut off. */
export function readVariants(dictionary: Buffer): Variants {
  const reader = new BytesReader(dictionary);
  const found = new Map<string, bigint | Buffer>();
  reader.uint16();
  for (let type = reader.uint8(); type !== END; type = reader.uint8()) {
    const name = reader.take(reader.uint32()).toString("latin1");
    const value = reader.take(reader.uint32());
    const isNumber = NUMBER_BYTES.get(type) === value.length;
    found.set(name, isNumber ? numberOf(value) : value);
  }
  return {
    number: (name) => {
      const value = found.get(name);
      if (typeof value !== "bigint") throw damagedFile(KEEPASS);
      return value;
    },
    bytes: (name) => {
      const value = found.get(name);
      if (!Buffer.isBuffer(value)) throw damagedFile(KEEPASS);
      return value;
    },
  };
}

function numberOf(value: Buffer): bigint {
  return value.length === 4 ? BigInt(value.readUInt32LE()) : value.readBigUInt64LE();
}
