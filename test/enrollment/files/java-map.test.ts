import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJavaMap } from "#enrollment/files/java-map.ts";
import { mutated } from "../../fuzz/mutation.ts";
import { fixture, freeOtp } from "./sealed/sealed-samples.ts";

/** A text as Java writes it: each unit of UTF-16 by itself, and zero in two bytes. */
function javaText(text: string): Buffer {
  const bytes = [...Array(text.length).keys()].flatMap((i) => {
    const unit = text.charCodeAt(i);
    if (unit > 0 && unit < 0x80) return [unit];
    if (unit < 0x800) return [0xc0 | (unit >> 6), 0x80 | (unit & 63)];
    return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63)];
  });
  return Buffer.from(bytes);
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const text = (value: string) => Buffer.concat([Buffer.from([0x74]), sized(javaText(value))]);

function longText(value: string): Buffer {
  const bytes = javaText(value);
  const length = Buffer.alloc(9, 0x7c);
  length.writeBigUInt64BE(BigInt(bytes.length), 1);
  return Buffer.concat([length, bytes]);
}

function reference(number: number): Buffer {
  const bytes = Buffer.alloc(5, 0x71);
  bytes.writeUInt32BE(0x7e_0000 + number, 1);
  return bytes;
}

/** A HashMap whose keys and values are these pieces. */
function map(count: number, ...pieces: Buffer[]): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(count);
  const field = (type: string, name: string) =>
    Buffer.concat([Buffer.from(type), sized(Buffer.from(name))]);
  return Buffer.concat([
    Buffer.from("aced00057372", "hex"),
    sized(Buffer.from("java.util.HashMap")),
    Buffer.from("0507dac1c31660d1030002", "hex"),
    field("F", "loadFactor"),
    field("I", "threshold"),
    Buffer.from("78703f4000000000000c770800000010", "hex"),
    size,
    ...pieces,
    Buffer.from([0x78]),
  ]);
}

describe("a map that Java serialized", () => {
  test("has its texts, and not its numbers", () => {
    const entries = readJavaMap(fixture("freeotp"));
    expect([...(entries?.keys() ?? [])]).toContain("masterKey");
    expect(entries?.size).toBe(9);
    const descriptions = [...(entries ?? [])].filter(([name]) => name.endsWith("-token"));
    expect(descriptions.map(([, json]) => JSON.parse(json))).toEqual(
      expect.arrayContaining(freeOtp),
    );
    expect(entries?.get("masterKey")).toMatch(/^\{"mAlgorithm":"PBKDF2withHmacSHA512"/);
  });

  test("has texts of any length and any characters", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.boolean())), (values) => {
        const pieces = values.flatMap(([value, isLong], i) => [
          text(`key ${i}`),
          isLong ? longText(value) : text(value),
        ]);
        expect([...(readJavaMap(map(values.length, ...pieces))?.values() ?? [])]).toEqual(
          values.map(([value]) => value),
        );
      }),
    );
  });

  test("may name a text again by its number", () => {
    // 0 is the class, 1 the map, 2 and 3 the first entry
    const bytes = map(2, text("a"), text("b"), text("c"), reference(3));
    expect([...(readJavaMap(bytes) ?? [])]).toEqual([
      ["a", "b"],
      ["c", "b"],
    ]);
  });

  test.each([
    ["an unknown number", map(1, text("a"), reference(9))],
    ["a number of a class", map(1, text("a"), reference(0))],
    ["a number before the first", map(1, text("a"), reference(-1))],
    ["a key that is no text", map(1, Buffer.from([0x70]), text("a"))],
    ["more entries than there are", map(2, text("a"), text("b"))],
    ["fewer entries than there are", map(1, text("a"), text("b"), text("c"), text("d"))],
    ["a negative number of entries", map(-1)],
    ["a number of entries beyond all bounds", map(0x7fff_ffff)],
    [
      "an object of another class",
      Buffer.from("aced0005737200016100000000000000000200007870", "hex"),
    ],
    ["an array", map(1, text("a"), Buffer.from("75", "hex"))],
    ["half a character", map(1, text("a"), Buffer.from([0x74, 0, 1, 0xe2]))],
    ["nothing", Buffer.from("aced0005", "hex")],
  ])("is none with %s", (_, bytes) => {
    expect(readJavaMap(bytes)).toBeNull();
  });

  test("is a map or none, whatever bytes are changed, and at once", () => {
    fc.assert(
      fc.property(mutated([fixture("freeotp")]), (bytes) => {
        const before = performance.now();
        const entries = readJavaMap(bytes);
        expect(entries === null || entries instanceof Map).toBe(true);
        expect(performance.now() - before).toBeLessThan(2_000);
      }),
      { numRuns: 2_000 },
    );
  });
});
