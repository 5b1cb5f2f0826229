import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanTags, hasTags, MAX_TAG_LENGTH, MAX_TAGS, withoutTags } from "#token/tags.ts";

describe("the tags of a token", () => {
  it("are what foreign texts come to, once each and within bounds", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.string({ unit: "binary" })), { maxLength: 40 }),
        (texts) => {
          const tags = cleanTags(texts);
          expect(tags.length).toBeLessThanOrEqual(MAX_TAGS);
          expect(tags.filter((tag) => [...tag].length > MAX_TAG_LENGTH)).toEqual([]);
          expect(tags.filter((tag) => /,|^\s|\s$|\s\s|^$|\p{Cc}/u.test(tag))).toEqual([]);
          expect(cleanTags(tags)).toEqual(tags);
          expect(hasTags({ tags }, tags)).toBe(true);
          expect(withoutTags(tags, tags)).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("have one blank between their words, and are found with any number of them", () => {
    expect(cleanTags(["Work, big", "a\t b", "x\u00a0 y"])).toEqual(["Work big", "a b", "x y"]);
    expect(cleanTags(["Work, big", "work big"])).toEqual(["Work big"]);
    // as earlier versions have stored it
    expect(hasTags({ tags: ["Work  big"] }, ["work big"])).toBe(true);
    expect(withoutTags(["Work  big"], ["Work big"])).toEqual([]);
  });

  it("are the same in any letter case, and keep their first spelling", () => {
    expect(cleanTags(["Work", " work ", null, "", "Über", "über"])).toEqual(["Work", "Über"]);
    expect(hasTags({ tags: ["Work"] }, ["WORK"])).toBe(true);
    expect(hasTags({ tags: ["Work"] }, ["WORK", "home"])).toBe(false);
    expect(withoutTags(["Work", "home"], ["work"])).toEqual(["home"]);
  });
});
