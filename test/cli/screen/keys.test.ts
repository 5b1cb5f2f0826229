import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Key, KeyParser } from "#cli/screen/keys.ts";

/** What keys a terminal's bytes are, when they arrive in these pieces and nothing follows. */
function keysOf(...pieces: readonly (string | Uint8Array)[]): Key[] {
  const parser = new KeyParser();
  return [
    ...pieces.flatMap((piece) => parser.feed(Buffer.from(piece as string))),
    ...parser.flush(),
  ];
}

const names = (...pieces: readonly string[]) => keysOf(...pieces).map(({ name }) => name);

describe("the keys of a terminal", () => {
  test.each([
    ["\u001b[A\u001bOB\u001b[1;5C\u001b[D", ["up", "down", "right", "left"]],
    [
      "\u001b[H\u001b[4~\u001b[5~\u001b[6~\u001b[3~",
      ["home", "end", "page-up", "page-down", "delete"],
    ],
    ["\r\n\t\u001b[Z", ["enter", "enter", "tab", "back-tab"]],
    ["\u007f\b", ["backspace", "backspace"]],
    ["\u0003\u001a\u000e", ["ctrl-c", "ctrl-z", "ctrl-n"]],
    ["\u001b", ["escape"]],
    ["\u001b\u001b", ["escape", "escape"]],
    ["\u001b[200~\u001b[201~", []],
    // of keys that mean nothing here, nothing may be left that looks like text
    ["\u001b[24~\u001bOP\u001b[<0;3;4M\u001bx", []],
  ])("%j are %j", (bytes, expected) => expect(names(bytes)).toEqual(expected));

  test("are text where they have no name", () => {
    expect(keysOf("é日本👩‍👧a")).toEqual([{ name: "text", text: "é日本👩‍👧a" }]);
  });

  test("of a paste are text: a line break in it presses nothing", () => {
    expect(keysOf("\u001b[200~one\rtwo\u001b[31m\u001b[201~\r")).toEqual([
      { name: "text", text: "one two [31m" },
      { name: "enter" },
    ]);
  });

  test("of a paste have no line break at the end: a pasted PIN is the PIN", () => {
    const text = [{ name: "text", text: "7391" }];
    for (const end of ["\n", "\r\n", "\r\r", "\u0000"]) {
      expect(keysOf(`\u001b[200~7391${end}\u001b[201~`)).toEqual(text);
      // wherever the bytes are cut
      const pieces = keysOf("\u001b[200~7391", end, "\u001b[20", "1~");
      expect(pieces.map((key) => ("text" in key ? key.text : key.name)).join("")).toBe("7391");
    }
    expect(keysOf("\u001b[200~\n\u001b[201~")).toEqual([]);
  });

  test("wait for the rest of a sequence, but not for ever", () => {
    const parser = new KeyParser();
    expect(parser.feed(Buffer.from("\u001b["))).toEqual([]);
    expect(parser.isWaiting).toBe(true);
    expect(parser.feed(Buffer.from("A"))).toEqual([{ name: "up" }]);
    expect(parser.isWaiting).toBe(false);
    expect(keysOf(`\u001b[${"1;".repeat(100)}`).length).toBeGreaterThan(0);
  });

  test("are the same wherever the bytes are cut", () => {
    const piece = fc.constantFrom(
      "a",
      "é",
      "日本",
      "\u001b[A",
      "\u001b[5~",
      "\r",
      "\u001b[200~x y\u001b[201~",
      "\u001b[200~x\n\ny\r\n\u001b[201~",
      "\u0003",
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(""));
        const places = [
          0,
          ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b),
          bytes.length,
        ];
        const cut = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect(joined(keysOf(...cut))).toEqual(joined(keysOf(bytes)));
      }),
    );
  });

  test("of any bytes are an end of it: nothing hangs, no text holds a control character", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const key of keysOf(bytes)) if ("text" in key) expect(key.text).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

/** Text in one piece is the same text in two. */
function joined(keys: readonly Key[]): string[] {
  return keys
    .map((key) => ("text" in key ? key.text : `<${key.name}>`))
    .join("")
    .split(/(?=<)/);
}
