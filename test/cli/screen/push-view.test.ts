import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { styleFor } from "#cli/output/style.ts";
import { displayWidth } from "#cli/output/width.ts";
import {
  type PushScreenState,
  pressPushKey,
  QUIET,
  withEvent,
  withNote,
  withRequests,
  withSaid,
  withSight,
} from "#cli/screen/push-state.ts";
import { viewPush } from "#cli/screen/push-view.ts";
import type { PushRequest } from "#push/push-request.ts";
import { NOW, pushRequest } from "./push-request.ts";

const style = await styleFor({ isTerminal: true, columns: 80, color: "always", isSpoken: false });
const SIZE = { columns: 80, rows: 24 };

const view = (state = QUIET, size = SIZE, tokens: readonly string[] = ["vpn", "mail"]) =>
  viewPush({ state, tokens, now: NOW }, size, style).lines.map(stripVTControlCharacters);

const waiting = (...requests: readonly PushRequest[]) =>
  withRequests(QUIET, requests.toReversed(), requests.length);

describe("the screen of login requests", () => {
  test("is quiet while none waits", () => {
    expect(view()).toEqual(["waiting for login requests of 2 tokens", "", "", "q leaves", ""]);
    expect(view(QUIET, SIZE, ["vpn"])[0]).toBe("waiting for login requests of the token vpn");
  });

  test("says who asks, for what, from where, how long ago, and how long it can be answered", () => {
    expect(view(waiting(pushRequest("1")))).toEqual([
      "1 login request waits",
      "",
      "  Login 1",
      "  from 192.0.2.7",
      "",
      "  token  vpn",
      "  from   pi.example.org",
      "  asked  12 s ago",
      "  left   1:48  ██████████████████░░",
      "",
      "a approves · d denies · q leaves",
      "",
    ]);
  });

  test("counts several, and says how to get rid of a flood", () => {
    const many = Array.from({ length: 7 }, (_, i) => pushRequest(String(i)));
    const shown = view(withRequests(QUIET, many, 37)).join("\n");
    expect(shown).toContain("7 login requests wait");
    expect(shown).toContain(
      "! 37 requests in the last minute: if you started none of them, D denies all",
    );
    expect(shown).toContain("request 1 of 7");
  });

  test("lets a server's text do nothing", () => {
    const evil = pushRequest("1", {
      title: "\u001b[2J\u202eevil",
      question: "a\nb\u0007 \u009b31m",
      token: "v\u001bpn",
    });
    const { lines } = viewPush({ state: waiting(evil), tokens: ["v"], now: NOW }, SIZE, style);
    for (const line of lines) expect(stripVTControlCharacters(line)).not.toMatch(/\p{Cc}|\u202e/u);
    expect(lines.join("\n")).toContain("\\x1b[2J");
  });

  test.each([
    [80, 24],
    [40, 12],
    [20, 6],
    [10, 3],
    [1, 1],
  ])("fits %d x %d", (columns, rows) => {
    const long = pushRequest("1", { title: "ログイン".repeat(30), question: "word ".repeat(200) });
    const noisy = withNote(withRequests(QUIET, [long, pushRequest("2")], 40), "x".repeat(200), NOW);
    const { state } = pressPushKey(noisy, { name: "text", text: "D" }, NOW);
    for (const shown of [noisy, state]) {
      const lines = view(shown, { columns, rows });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  });

  test("cuts nothing that a person must read or type at 40 columns", () => {
    const size = { columns: 40, rows: 24 };
    const request = pushRequest("1", { options: ["17", "the blue car with the dented left door"] });
    const flat = (state: PushScreenState) =>
      view(state, size)
        .join("")
        .replace(/[\s…]+/g, "");
    const packed = (text: string) => text.replaceAll(" ", "");
    const seen = (of: PushRequest) => {
      const state = waiting(of);
      return withSight(state, viewPush({ state, tokens: [], now: NOW }, size, style).sight);
    };
    const state = seen(request);
    const keys = [..."the blue car with the dented left"].map((text) => ({ name: "text", text }));
    let typed = state;
    for (const key of keys as Parameters<typeof pressPushKey>[1][])
      typed = pressPushKey(typed, key, NOW).state;
    expect(flat(typed)).toContain(
      packed("type it, then Enter: the blue car with the dented left_"),
    );
    const code = "K7QX-93MF-TT20-81LL-ZZ4P";
    for (const [mode, text] of [
      [{ kind: "denying-all" }, "Enter denies them · any other key does not"],
      [{ kind: "denying", id: "1", until: NOW }, "Denied. Did somebody else start this login?"],
      [{ kind: "denying", id: "1", until: NOW }, "r reports it · any other key does not (0 s)"],
      [{ kind: "code", code, message: null }, `Type this at the login page: ${code}`],
      [{ kind: "code", code, message: null }, [...code].join(" ")],
    ] as const)
      expect(flat({ ...state, mode })).toContain(packed(text));
  });

  /** The screen after a picture of it was drawn. */
  const drawn = (state: PushScreenState, size: typeof SIZE) =>
    withSight(state, viewPush({ state, tokens: ["vpn"], now: NOW }, size, style).sight);

  test.each([
    [80, 24],
    [40, 15],
    [40, 12],
    [40, 11],
    [30, 14],
    [20, 24],
  ])("says whole what became of an answer on %d x %d, beside the options", (columns, rows) => {
    const size = { columns, rows };
    const request = pushRequest("1", { options: ["12", "57", "83"] });
    const flat = (state: PushScreenState) => view(state, size).join(" ").replace(/\s+/g, " ");
    let state = drawn(waiting(request), size);
    for (const _ of [1, 2, 3, 4, 5])
      state = drawn(pressPushKey(state, { name: "page-down" }, NOW).state, size);
    const answer = { kind: "approve", choice: "57" } as const;
    const outcome = { isAccepted: false };
    const wrong = drawn(
      withEvent(state, { kind: "answered", request, answer, outcome }, NOW),
      size,
    );
    expect(flat(wrong)).toContain("! not accepted: the choice is wrong, or it is too late");
    for (const option of request.options) expect(flat(wrong)).toContain(option);
    // the other one can be typed at once, and then the words are gone
    const typed = pressPushKey(wrong, { name: "text", text: "83" }, NOW).state;
    expect(flat(drawn(typed, size))).toContain("type it, then Enter: 83_");
    expect(flat(drawn(typed, size))).not.toContain("! not accepted");
    expect(pressPushKey(drawn(typed, size), { name: "enter" }, NOW).wish).not.toBeNull();
    expect(flat(withSaid(state, request, "wrong PIN, 2 attempts left"))).toContain(
      "! wrong PIN, 2 attempts left",
    );
    expect(flat(withSaid(state, pushRequest("2"), "wrong PIN"))).not.toContain("wrong PIN");
  });

  test("cuts no warning and no note at 40 columns", () => {
    const size = { columns: 40, rows: 24 };
    const drift = { kind: "drift", server: "login.company.test", offsetSeconds: -75 } as const;
    const noted = withNote(withEvent(QUIET, drift, NOW), "gone: the wiki of the department", NOW);
    const flat = view(noted, size).join(" ");
    expect(flat).toContain(
      "! this clock is 75 s behind login.company.test's: set it, or answers are refused",
    );
    expect(flat).toContain("0 s ago gone: the wiki of the department");
  });

  test.each([
    ["a", "Enter approves"],
    ["1", "type it, then Enter"],
  ])("offers no approval after %s once the window has become too small", (key, offer) => {
    const request = pushRequest("1", { options: key === "1" ? ["17", "18"] : [] });
    const state = drawn(waiting(request), SIZE);
    const { state: asked } = pressPushKey(state, { name: "text", text: key }, NOW);
    expect(view(asked).join("\n")).toContain(offer);
    for (const small of [
      { columns: 30, rows: 4 },
      { columns: 19, rows: 24 },
    ]) {
      const shown = view(asked, small).join(" ");
      expect(shown).not.toContain(offer);
      expect(shown).toContain("too small");
      expect(pressPushKey(drawn(asked, small), { name: "enter" }, NOW).wish).toBeNull();
    }
    expect(view(drawn(asked, { columns: 30, rows: 4 })).join("\n")).toContain(offer);
  });

  /** Reads a request with the space bar; returns all that was seen until it can be approved. */
  function readToEnd(request: PushRequest, size: typeof SIZE): string {
    const options = request.options.length > 0;
    let state: PushScreenState = waiting(request);
    let seen = "";
    for (let presses = 0; presses < 500; presses++) {
      const { lines, sight } = viewPush({ state, tokens: ["vpn"], now: NOW }, size, style);
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      seen += lines.map(stripVTControlCharacters).join("\n");
      state = withSight(state, sight);
      const typed = pressPushKey(state, { name: "text", text: options ? "1" : "a" }, NOW).state;
      const { wish } = pressPushKey(typed, { name: "enter" }, NOW);
      if (wish) return seen;
      state = pressPushKey(state, { name: "text", text: " " }, NOW).state;
    }
    return `never: ${seen}`;
  }

  test.each([
    [80, 24],
    [60, 15],
    [40, 15],
    [40, 12],
    [30, 10],
    [20, 24],
  ])("has shown all of what is approved on %d x %d, to the last word", (columns, rows) => {
    const words = Array.from({ length: 90 }, (_, i) => `word${i}`);
    for (const options of [[], ["1", "2"]]) {
      const title = "Wiki of the department";
      const question = [...words, "x".repeat(99), "AND TRANSFER 9999 EUR"].join(" ");
      const seen = readToEnd(pushRequest("1", { title, question, options }), { columns, rows });
      expect(seen).not.toMatch(/^never/);
      for (const word of [...title.split(" "), ...words, "9999", "EUR", "vpn"])
        expect(seen).toContain(word);
      expect(seen.replaceAll(/\s/g, "")).toContain("pi.example.org");
      expect(seen.match(/x/g)?.length).toBeGreaterThanOrEqual(99);
    }
  });

  test.each([
    [30, 4],
    [19, 24],
    [10, 3],
    [1, 1],
  ])("refuses to approve on %d x %d", (columns, rows) => {
    expect(readToEnd(pushRequest("1"), { columns, rows })).toMatch(/^never/);
    if (columns > 18) {
      const shown = view(waiting(pushRequest("1")), { columns, rows }).join(" ");
      expect(shown).toContain("too small");
    }
  });

  test("offers the numbers at once, and has chosen none", () => {
    const shown = view(waiting(pushRequest("1", { options: ["12", "57", "83"] }))).join("\n");
    expect(shown).toMatch(
      /Which one does the login page show\?\n {2}12 {4}57 {4}83\ntype it, then Enter: _\nd denies/,
    );
  });

  test.each([["9"], ["5", "9"]])(
    "says what is to be typed after %j, in no more room",
    (...keys) => {
      const matched = waiting(pushRequest("1", { options: ["12", "57"] }));
      let state = withSight(
        matched,
        viewPush({ state: matched, tokens: [], now: NOW }, SIZE, style).sight,
      );
      const before = view(state).length;
      for (const text of keys) state = pressPushKey(state, { name: "text", text }, NOW).state;
      const shown = view(state);
      expect(shown).toContain("! one of these is to be typed");
      if (keys.length > 1) expect(shown.length).toBeLessThanOrEqual(before);
      expect(view(pressPushKey(state, { name: "backspace" }, NOW).state)).not.toContain(
        "! one of these is to be typed",
      );
    },
  );

  test("names keys that are no option", () => {
    const request = pushRequest("1", { options: ["D", "q", "Blue car"] });
    const shown = view(waiting(request, pushRequest("2", { options: ["D", "q"] }))).join("\n");
    expect(shown).toContain(
      "Delete denies · Ctrl-D denies all · arrows turn the page · Escape leaves",
    );
  });

  test("shows every option, however many and long they are", () => {
    const options = Array.from({ length: 20 }, (_, i) => `${i}${"x".repeat(i * 7)}`);
    const shown = view(waiting(pushRequest("1", { options })), { columns: 40, rows: 99 });
    const whole = shown.join("").replaceAll(" ", "");
    for (const option of options) expect(whole).toContain(option);
  });

  test("shows a code large, and as text", () => {
    const answer = { kind: "approve", choice: null } as const;
    const coded = (displayCode: string) => {
      const outcome = { isAccepted: true, displayCode, message: "Enter it" };
      return view(
        withEvent(QUIET, { kind: "answered", request: pushRequest("1"), answer, outcome }, NOW),
      ).join("\n");
    };
    expect(coded("17")).toContain("Type this at the login page: 17\n\n   █   ███\n  ██     █\n");
    expect(coded("17")).toContain("Enter it");
    expect(coded("A1")).toContain("  A 1\n");
  });

  test("says when a clock or a server is off, and no longer when it is not", () => {
    const drifted = withEvent(QUIET, { kind: "drift", server: "pi.test", offsetSeconds: -75 }, NOW);
    const offline = {
      kind: "offline",
      server: "pi.test",
      token: null,
      message: "nothing listens there",
      hint: null,
    } as const;
    expect(view(withEvent(drifted, offline, NOW)).slice(1, 3)).toEqual([
      "! this clock is 75 s behind pi.test's: set it, or answers are refused",
      "! nothing listens there; trying again",
    ]);
    expect(
      view(withEvent(drifted, { kind: "steady", server: "pi.test" }, NOW)).join("\n"),
    ).not.toContain("clock");
  });
});
