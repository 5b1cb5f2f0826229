import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isInUse,
  latestStamp,
  mergeTokens,
  type Register,
  type SharedToken,
} from "#sync/tokens/shared-token.ts";
import { compareStamps } from "#sync/tokens/stamp.ts";

const stamp = fc.record({
  time: fc.nat({ max: 6 }),
  device: fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc"),
});

const register = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Register<T>> =>
  fc.record({ value, stamp });

const holder = fc.record({
  device: fc.constantFrom("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"),
  step: fc.constantFrom("offered" as const, "accepted" as const, "released" as const),
  from: fc.constant(null),
  counter: fc.constantFrom(null, "4"),
});

const token: fc.Arbitrary<SharedToken> = fc.record({
  id: fc.constant("0".repeat(32)),
  token: fc.constant("1".repeat(16)),
  content: fc.constant("2".repeat(64)),
  fields: fc.dictionary(
    fc.constantFrom("name", "issuer", "constructor"),
    register(fc.oneof(fc.string(), fc.boolean(), fc.array(fc.string()))),
    { noNullPrototype: true },
  ),
  removed: register(fc.boolean()),
  holder: fc.option(register(holder)),
});

test("any order and number of merges gives the same token", () => {
  fc.assert(
    fc.property(token, token, token, (a, b, c) => {
      const merged = mergeTokens(mergeTokens(a, b), c);
      expect(mergeTokens(c, mergeTokens(b, a))).toEqual(merged);
      expect(mergeTokens(mergeTokens(b, c), mergeTokens(a, c))).toEqual(merged);
      expect(mergeTokens(merged, b)).toEqual(merged);
    }),
  );
});

test("a merge keeps for each field a value of one of the two, and the latest stamp of all", () => {
  fc.assert(
    fc.property(token, token, (a, b) => {
      const merged = mergeTokens(a, b);
      for (const [name, field] of Object.entries(merged.fields)) {
        const given = [a, b].flatMap(({ fields }) =>
          Object.hasOwn(fields, name) ? [fields[name]] : [],
        );
        expect(given).toContainEqual(field);
        for (const one of given)
          expect(compareStamps(field.stamp, one?.stamp ?? field.stamp)).toBeGreaterThanOrEqual(0);
      }
      const latest = [a, b].map(latestStamp).sort(compareStamps).at(-1);
      expect(latestStamp(merged)).toEqual(latest);
    }),
  );
});

test("a removal beats every older change, and no later one", () => {
  fc.assert(
    fc.property(token, (one) => {
      const later = Object.values(one.fields).some(
        (field) => compareStamps(field.stamp, one.removed.stamp) > 0,
      );
      expect(isInUse({ ...one, removed: { ...one.removed, value: true } })).toBe(later);
      expect(isInUse({ ...one, removed: { ...one.removed, value: false } })).toBe(true);
    }),
  );
});

test("two secrets are never merged", () => {
  fc.assert(
    fc.property(token, token, (a, b) => {
      expect(() => mergeTokens(a, { ...b, content: "3".repeat(64) })).toThrow("two tokens");
    }),
  );
});
