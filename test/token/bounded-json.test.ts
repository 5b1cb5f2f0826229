import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "#token/bounded-json.ts";

describe("JSON from elsewhere", () => {
  test("is what was written, whatever its strings hold", () => {
    const values = fc
      .jsonValue({ maxDepth: 5 })
      .filter((value) => typeof value === "object" && value !== null);
    fc.assert(
      fc.property(values, (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each(["", "7", "null", '"[]"', " []", "otpauth://totp/x"])("is not what %j is", (text) => {
    expect(parseJson(text)).toBeNull();
  });

  test.each(["{", "[1,]", '{"a"}', '["', '["\\', "[]]"])(
    "is refused where it is damaged: %j",
    (text) => {
      expect(() => parseJson(text)).toThrow(
        expect.objectContaining({
          code: "invalid",
          message: "the file begins like JSON, and is damaged",
        }),
      );
    },
  );

  test.each([
    ["arrays", "[", "]"],
    ["objects", '{"a":', "}"],
  ])("nests 64 %s deep and no deeper", (_, open, close) => {
    const nested = (depth: number) =>
      `${open.repeat(depth)}${open === "[" ? "" : "1"}${close.repeat(depth)}`;
    expect(parseJson(nested(64))).toBeTypeOf("object");
    expect(() => parseJson(nested(65))).toThrow(
      expect.objectContaining({ code: "invalid", message: "the file nests deeper than any app's" }),
    );
  });

  test("may hold one thing after another, however many levels they have together", () => {
    const pairs = Array.from({ length: 100 }, () => "[{}]").join(",");
    expect(parseJson(`[${pairs}]`)).toHaveLength(100);
  });

  test("holds no more values than are allowed: those of arrays, and names and values of objects", () => {
    expect(parseJson("[1,2,3]", { values: 3 })).toEqual([1, 2, 3]);
    expect(() => parseJson("[1,2,3,4]", { values: 3 })).toThrow(
      expect.objectContaining({ code: "invalid", message: "the file holds more than 3 values" }),
    );
    expect(parseJson('{"a":1,"b":2}', { values: 4 })).toEqual({ a: 1, b: 2 });
    expect(() => parseJson('{"a":1,"b":2}', { values: 3 })).toThrow(
      "the file holds more than 3 values",
    );
    expect(() => parseJson("[[],[]]", { values: 3 })).toThrow("the file holds more than 3 values");
  });

  test("is not measured by what stands in its strings", () => {
    const text = JSON.stringify(['[{[{,,::"', "\\", '\\"[[[[', "]]}}"]);
    expect(parseJson(text, { values: 4 })).toEqual(JSON.parse(text));
    expect(parseJson('["\\"[[[["]', { values: 1 })).toEqual(['"[[[[']);
    const deep = JSON.stringify(["[".repeat(1_000)]);
    expect(parseJson(deep)).toEqual(JSON.parse(deep));
  });

  test("has room for twenty thousand entries of thirty values", () => {
    expect(parseJson(`[${"1,".repeat(599_999)}1]`)).toHaveLength(600_000);
    expect(() => parseJson(`[${"1,".repeat(600_000)}1]`)).toThrow(
      "the file holds more than 600000 values",
    );
  });
});
