import fc from "fast-check";

/**
 * What breaks parsers: ends of strings and numbers, other formats' syntax, things that refer to
 * others.
 */
const NASTY: readonly Buffer[] = [
  "\0",
  "%00",
  "%",
  "\ud800",
  "\u202e",
  "-1",
  "0",
  "1e308",
  "NaN",
  "99999999999999999999",
  "4294967296",
  "null",
  "{}",
  "[[[[[[[[[[[[[[[[",
  '{"__proto__":{"a":1}}',
  '"',
  ",",
  ":",
  "\n",
  "]]>",
  "<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>",
  "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
  "&b;",
  "&amp;amp;",
  "<a><a><a><a><a><a>",
  "&secret=",
  "&issuer=a:b",
  "&digits=11",
  "otpauth://",
  "../../../..",
  Buffer.alloc(9, 0xff),
  Buffer.from("ffffffff7f", "hex"),
  Buffer.from("efbbbf", "hex"),
].map((bytes) => Buffer.from(bytes as Buffer));

type Change = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (bytes: Buffer, where: number) => Math.floor(where * bytes.length);

function splice(bytes: Buffer, from: number, to: number, middle: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(Math.max(from, to))]);
}

const flip = fc.tuple(place, fc.nat(7)).map<Change>(([where, bit]) => (bytes) => {
  const changed = Buffer.from(bytes);
  const index = at(bytes, where);
  if (index < changed.length) changed[index] = (changed[index] ?? 0) ^ (1 << bit);
  return changed;
});

const overwrite = fc
  .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 }))
  .map<Change>(([where, patch]) => {
    return (bytes) => splice(bytes, at(bytes, where), at(bytes, where) + patch.length, patch);
  });

const insert = fc.tuple(place, fc.constantFrom(...NASTY)).map<Change>(([where, what]) => {
  return (bytes) => splice(bytes, at(bytes, where), at(bytes, where), what);
});

const remove = fc.tuple(place, place).map<Change>(([a, b]) => {
  return (bytes) =>
    splice(bytes, at(bytes, Math.min(a, b)), at(bytes, Math.max(a, b)), Buffer.alloc(0));
});

const repeat = fc
  .tuple(place, place, fc.integer({ min: 2, max: 40 }))
  .map<Change>(([a, b, times]) => (bytes) => {
    const part = bytes.subarray(at(bytes, Math.min(a, b)), at(bytes, Math.max(a, b)));
    return splice(
      bytes,
      at(bytes, Math.max(a, b)),
      at(bytes, Math.max(a, b)),
      Buffer.concat(Array(times).fill(part)),
    );
  });

/** Another number, or nothing, or rubbish, where a number stands. */
const renumber = fc
  .tuple(place, fc.constantFrom(...NASTY))
  .map<Change>(([where, what]) => (bytes) => {
    const text = bytes.toString("latin1");
    const numbers = [...text.matchAll(/[0-9]+/g)];
    const found = numbers[Math.floor(where * numbers.length)];
    return found ? splice(bytes, found.index, found.index + found[0].length, what) : bytes;
  });

const cut = place.map<Change>((where) => (bytes) => bytes.subarray(0, at(bytes, where)));

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: flip },
  { weight: 4, arbitrary: insert },
  { weight: 3, arbitrary: renumber },
  { weight: 2, arbitrary: overwrite },
  { weight: 2, arbitrary: remove },
  { weight: 2, arbitrary: repeat },
  { weight: 1, arbitrary: cut },
);

/** One of these inputs with a few things wrong in it, of a megabyte at most. */
export function mutated(seeds: readonly (Buffer | string)[]): fc.Arbitrary<Buffer> {
  const seed = fc.constantFrom(...seeds.map((text) => Buffer.from(text)));
  return fc
    .tuple(seed, fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([bytes, changes]) =>
      changes.reduce<Buffer>((all, apply) => apply(all).subarray(0, 2 ** 20), bytes),
    );
}
