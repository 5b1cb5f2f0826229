import * as v from "valibot";

/** Bytes as Java writes them into JSON: numbers from -128 to 127, or to 255 in some files. */
export function javaBytes(max: number) {
  return v.pipe(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(-128), v.maxValue(255))),
    v.maxLength(max),
    v.transform((bytes) => Buffer.from(bytes)),
  );
}
