import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forget, pinBytes, sameSecret } from "#token/secret.ts";

describe("secrets", () => {
  test("are the same when they have the same bytes, all of them", () => {
    const some = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(some, some, (a, b) => sameSecret(a, b) === Buffer.from(a).equals(Buffer.from(b))),
    );
    fc.assert(fc.property(some, (a) => sameSecret(a, Buffer.from(a))));
    expect(sameSecret(Buffer.from("7391"), Buffer.from("7392"))).toBe(false);
    expect(sameSecret(Buffer.from("7391"), Buffer.from("739"))).toBe(false);
  });

  test("that are forgotten are gone; what is not there is passed over", () => {
    const [one, other] = [Buffer.from("7391"), new Uint8Array([1, 2])];
    forget(one, null, undefined, other);
    expect([...one, ...other]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("that are PINs are the same bytes however a keyboard composes its letters", () => {
    expect(pinBytes("pa\u0308ss")).toEqual(pinBytes("p\u00e4ss"));
    expect(pinBytes("p\u00e4ss")).toEqual(Buffer.from("70c3a47373", "hex"));
  });
});
