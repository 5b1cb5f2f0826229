import { describe, expect, test } from "vitest";
import { counterNumber, Parameters, show, wholeNumber } from "#token/draft/uri-parameters.ts";

const codes = ({ findings }: Parameters) => findings.map(({ code }) => code);

describe("the parameters of a URI", () => {
  test("are read by name in any letter case, the first of several names that is given", () => {
    const parameters = new Parameters("Secret=AAAA&&digits=&a=b=c");
    expect(parameters.read("secret")).toBe("AAAA");
    expect(parameters.read("digits")).toBeNull();
    expect(parameters.read("other", "secret")).toBe("AAAA");
    expect(parameters.read("a")).toBe("b=c");
    expect(parameters.read("constructor")).toBeNull();
    expect(parameters.read("digits", "secret")).toBe("AAAA");
  });

  test("have plus signs, which are spaces only in forms", () => {
    const parameters = new Parameters("x=a+b%2Bc%20d");
    expect(parameters.read("x")).toBe("a+b+c d");
    expect(parameters.readForm("x")).toBe("a b+c d");
    expect(parameters.readForm("y")).toBeNull();
  });

  test("are noted with where they come from", () => {
    const parameters = new Parameters("digits=8");
    expect(parameters.take(["digits"], wholeNumber(4, 10), 6)).toBe(8);
    expect(parameters.take(["period", "step"], wholeNumber(1, 300), 30)).toBe(30);
    expect(parameters.fields).toEqual([
      { name: "digits", value: "8", origin: "given" },
      { name: "period", value: "30", origin: "default" },
    ]);
  });

  test("may be given twice, with the same value", () => {
    expect(new Parameters("a=1&A=1").read("a")).toBe("1");
    expect(() => new Parameters("a=1&A=2")).toThrow('"a" is given twice, with different values');
  });

  test("are 100 at the most", () => {
    const query = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join("&");
    expect(new Parameters(query(100)).read("p99")).toBe("1");
    expect(() => new Parameters(query(101))).toThrow(
      expect.objectContaining({
        code: "invalid",
        message: "the string has more than 100 parameters",
      }),
    );
  });

  test.each([
    [0, []],
    [8, []],
    [9, ["1 parameter more are not known and have no effect"]],
    [11, ["3 parameters more are not known and have no effect"]],
  ])("that nobody asked for are named, eight of %d", (count, more) => {
    const parameters = new Parameters(
      `asked=1&${Array.from({ length: count }, (_, i) => `p${i}=1`).join("&")}`,
    );
    parameters.read("asked");
    parameters.findUnknown();
    const named = Array.from(
      { length: Math.min(count, 8) },
      (_, i) => `parameter "p${i}" is not known and has no effect`,
    );
    expect(parameters.findings.map(({ message }) => message)).toEqual([...named, ...more]);
    expect(new Set(codes(parameters)).size).toBe(count === 0 ? 0 : 1);
  });

  test("with a broken escape stand as they are written, and that is said", () => {
    const parameters = new Parameters("a=100%");
    expect(parameters.read("a")).toBe("100%");
    expect(codes(parameters)).toEqual(["broken-encoding"]);
    expect(codes(new Parameters("a=100%25"))).toEqual([]);
  });

  test("are cut at 40 characters in messages", () => {
    expect([show("x".repeat(40)), show("x".repeat(41))]).toEqual([
      `"${"x".repeat(40)}"`,
      `"${"x".repeat(40)}…"`,
    ]);
  });

  test.each([
    ["4", 4],
    ["10", 10],
    ["007", 7],
    ["3", null],
    ["11", null],
    ["6.5", null],
    ["x6", null],
    ["6x", null],
    ["-6", null],
    ["", null],
    ["0000000000000006", null],
  ])("whole number %j from 4 to 10: %j", (text, expected) => {
    const read = () => wholeNumber(4, 10)(text, "digits");
    if (expected === null)
      expect(read).toThrow(`digits is ${JSON.stringify(text)}: 4 to 10 are possible`);
    else expect(read()).toBe(expected);
  });

  test.each([
    ["0", 0n],
    ["18446744073709551615", 2n ** 64n - 1n],
    ["18446744073709551616", null],
    ["-1", null],
    ["x1", null],
    ["1x", null],
    ["", null],
    ["000000000000000000001", null],
  ])("counter %j: %s", (text, expected) => {
    const read = () => counterNumber(text, "counter");
    if (expected === null) expect(read).toThrow(expect.objectContaining({ code: "invalid" }));
    else expect(read()).toBe(expected);
  });
});
