import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { styleFor } from "#cli/output/style.ts";
import { displayWidth } from "#cli/output/width.ts";
import {
  pressKey,
  UNTOUCHED,
  type WatchedCode,
  type WatchedToken,
} from "#cli/screen/watch-state.ts";
import { viewWatch } from "#cli/screen/watch-view.ts";

const PLAIN = await styleFor({ isTerminal: true, columns: 80, color: "never", isSpoken: false });
const COLORED = await styleFor({ isTerminal: true, columns: 80, color: "always", isSpoken: false });
const START = new Date("2026-01-31T12:00:00Z");

const timed = (code: string, next: string | null = null): WatchedCode => {
  return {
    kind: "timed",
    code,
    validFrom: START,
    validUntil: new Date(START.getTime() + 30_000),
    next,
  };
};

const token = (label: string, code: WatchedCode): WatchedToken => {
  return { id: label, label, code, lastUsedAt: new Date(START.getTime() - 180_000) };
};

/** The screen after so many seconds. */
function view(
  found: readonly WatchedToken[],
  { seconds = 0, columns = 80, rows = 10, style = PLAIN, message = "" },
) {
  const now = new Date(START.getTime() + seconds * 1000);
  return viewWatch(
    { state: UNTOUCHED, found, total: found.length, now, message, use: { kind: "watch" } },
    { columns, rows },
    style,
  );
}

describe("the screen of passcodes", () => {
  const tokens = [
    token("vpn (ann)", timed("492039")),
    token("bank", { kind: "masked", by: "PIN" }),
    token("key", { kind: "masked", by: "counter" }),
    token("tans", { kind: "masked", by: "list" }),
    token("door", { kind: "counted", code: "755224", counter: 0n }),
    token("desk", { kind: "none", why: "answers challenges" }),
  ];

  test("shows what is known of every token, in words", () => {
    expect(view(tokens, { seconds: 15, rows: 11 }).map((line) => line.trimEnd())).toEqual([
      "Search: _                                                                    1/6",
      "",
      "> vpn (ann)   492 039  █████░░░░░ 15 s",
      "  bank        ••• •••  needs its PIN",
      "  key         ••• •••  event-based: Tab makes one",
      "  tans        ••• •••  list: Tab gives the next one",
      "  door        755 224  counter 0",
      "  desk              -  answers challenges",
      "",
      "last used 3 minutes ago",
      "type to search · Enter copies · Tab shows · Esc leaves",
    ]);
  });

  test("shows the next passcode in the last seconds, below where a row has no room for it", () => {
    const ending = [token("a token with a long name", timed("492039", "111222"))];
    expect(view(ending, { seconds: 26 })[2]).toMatch(/492 039 {2}!!░{8} {2}4 s {2}next 111 222$/);
    expect(view(ending, { seconds: 26, columns: 40 }).at(-2)).toBe("next 111 222");
    expect(view(ending, { seconds: 20 })[2]).not.toContain("next");
  });

  test("wraps a remark that is longer than the line, before it cuts it", () => {
    const message = "copied; tmux forgets it in 30 seconds, the terminal around it does not";
    const lines = view(tokens, { message, columns: 40 });
    expect(lines.slice(-2)).toEqual([
      "copied; tmux forgets it in 30 seconds,",
      "the terminal around it does not",
    ]);
    expect(lines).toHaveLength(10);
    expect(view(tokens, { message }).slice(-2)[0]).toBe(message);
    expect(view(tokens, { message, columns: 25 }).at(-1)).toMatch(/…$/);
  });

  test("says nothing by colour alone", () => {
    const screens = [PLAIN, COLORED].map((style) => view(tokens, { seconds: 28, style }));
    const bare = (lines: readonly string[] = []) =>
      lines.map((line) => stripVTControlCharacters(line).trimEnd());
    expect(bare(screens[1])).toEqual(bare(screens[0]));
    expect(screens[1]).not.toEqual(screens[0]);
  });

  test("has no line wider than the terminal, and no more lines", () => {
    const text = fc.string({ unit: "grapheme" }).filter((label) => !/\p{C}|\p{Z}[lp]/u.test(label));
    fc.assert(
      fc.property(
        fc.array(text),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 12 }),
        (labels, columns, rows) => {
          const found = labels.map((label) => token(label, timed("49203912", "11122233")));
          const lines = view(found, { columns, rows, seconds: 27, message: labels.join(" ") });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });
});

describe("keys of the screen", () => {
  const room = { found: 5, page: 2 };
  const selectedBy = (...names: ("up" | "down" | "page-down" | "home" | "end")[]) =>
    names.reduce((state, name) => pressKey(state, { name }, room).state, UNTOUCHED).selected;

  test("move among what is found, and stay there", () => {
    expect(selectedBy("down", "down", "up")).toBe(1);
    expect(selectedBy("up")).toBe(0);
    expect(selectedBy("page-down", "page-down", "page-down")).toBe(4);
    expect(selectedBy("end", "home")).toBe(0);
  });

  test("search, and take the search back one character as people see it at a time", () => {
    const typed = pressKey(UNTOUCHED, { name: "text", text: "vé👩‍👧" }, room).state;
    const back = (state: typeof typed) => pressKey(state, { name: "backspace" }, room).state;
    expect([back(typed).search, back(back(typed)).search]).toEqual(["vé", "v"]);
    expect(pressKey(typed, { name: "escape" }, room)).toEqual({ state: UNTOUCHED, wish: null });
    expect(pressKey(UNTOUCHED, { name: "escape" }, room).wish).toBe("leave");
  });
});
