import { describe, expect, test } from "vitest";
import { jsonLine, jsonPieces, listPieces } from "#cli/output/json.ts";

const EXACT = BigInt(Number.MAX_SAFE_INTEGER);

const print = (value: unknown) => [...jsonPieces(value)].join("");

describe("JSON for scripts", () => {
  test("is indented, and nothing where there is nothing to say", () => {
    expect(print({ name: "vpn", policy: { minLength: 4 } })).toBe(
      '{\n  "name": "vpn",\n  "policy": {\n    "minLength": 4\n  }\n}\n',
    );
    expect(print(undefined)).toBe("");
  });

  test("has one element of a list a line", () => {
    expect(print([{ name: "vpn" }, "a\nb", null])).toBe(
      '[\n  {"name":"vpn"},\n  "a\\nb",\n  null\n]\n',
    );
    expect(print([])).toBe("[]\n");
  });

  test("writes dates in ISO 8601, and counters as numbers while those are exact", () => {
    const value = { at: new Date(0), counters: [7n, EXACT, EXACT + 1n] };
    expect(jsonLine(value)).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","counters":[7,9007199254740991,"9007199254740992"]}',
    );
    expect(jsonLine(value.at)).toBe('"1970-01-01T00:00:00.000Z"');
  });

  test.each(["\u007f", "\u0085", "\u200e", "\u202e", "\u2069", "\u001b[31m", '"\\', "ä€😀"])(
    "says %j without a character that a terminal acts on",
    (text) => {
      const printed = jsonLine(text);
      expect(JSON.parse(printed)).toBe(text);
      expect(printed).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(jsonLine({ text })).toBe(`{"text":${printed}}`);
    },
  );

  test("comes in pieces where it is long, and an element is asked for no sooner than it is written", () => {
    let asked = 0;
    function* elements() {
      for (; asked < 10_000; asked++) yield String(asked);
    }
    const first: string = listPieces(elements()).next().value;
    expect(asked).toBeLessThan(10_000);
    expect(first.length).toBeLessThan(64 * 1024);
    asked = 0;
    expect(JSON.parse([...listPieces(elements())].join(""))).toEqual(
      Array.from({ length: 10_000 }, (_, i) => i),
    );
  });
});
