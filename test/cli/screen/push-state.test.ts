import { describe, expect, test } from "vitest";
import type { Key } from "#cli/screen/keys.ts";
import {
  type PushScreenState,
  type PushWish,
  passTime,
  pressPushKey,
  QUIET,
  REPORT_MS,
  shownRequest,
  withAnswersSent,
  withEvent,
  withRequests,
  withSight,
} from "#cli/screen/push-state.ts";
import type { PushRequest } from "#push/push-request.ts";
import { NOW, pushRequest } from "./push-request.ts";

const text = (typed: string): Key => ({ name: "text", text: typed });
const ENTER: Key = { name: "enter" };

const waiting = (...requests: readonly PushRequest[]) =>
  withRequests(QUIET, requests, requests.length);

/** The screen after it showed all of a request. */
function drawn(state: PushScreenState): PushScreenState {
  const { shownId: id } = state;
  const rows = { columns: 80, top: 0, room: 8, total: 8, essential: 6, isTooSmall: false };
  return withSight(state, id === null ? null : { id, ...rows });
}

/** Presses keys one after the other; returns the last state and every wish. */
function press(state: PushScreenState, ...keys: readonly Key[]) {
  const wishes: PushWish[] = [];
  let now = drawn(state);
  for (const key of keys) {
    const step = pressPushKey(now, key, NOW);
    now = drawn(step.state);
    if (step.wish) wishes.push(step.wish);
  }
  return { state: now, wishes };
}

const [one, two, three] = [pushRequest("1"), pushRequest("2"), pushRequest("3")];

describe("approving", () => {
  test("takes a and then Enter, and nothing less", () => {
    expect(press(waiting(one), text("a"), ENTER).wishes).toEqual([
      { kind: "answer", request: one, answer: { kind: "approve", choice: null } },
    ]);
    for (const keys of [
      [ENTER],
      [text("a")],
      [text("a"), text("a")],
      [text("a"), text("x"), ENTER],
      [text("aa"), ENTER],
    ]) {
      expect(press(waiting(one), ...keys).wishes).toEqual([]);
    }
  });

  test("is about the request that was shown when it began, whatever comes meanwhile", () => {
    const { state } = press(waiting(one), text("a"));
    const newer = withRequests(state, [two, one], 2);
    expect(press(newer, ENTER).wishes).toEqual([expect.objectContaining({ request: one })]);
  });

  test("ends when the request has gone: Enter approves no other one", () => {
    const { state } = press(waiting(one), text("a"));
    expect(press(withRequests(state, [two], 1), ENTER).wishes).toEqual([]);
    expect(press(withRequests(state, [], 1), ENTER).wishes).toEqual([]);
  });

  test("sends once, however often Enter is pressed", () => {
    expect(press(waiting(one), text("a"), ENTER, ENTER, text("a"), ENTER).wishes).toHaveLength(1);
  });
});

describe("number matching", () => {
  const matched = pushRequest("1", { options: ["12", "57", "5"] });
  const lettered = pushRequest("1", { options: ["A", "D", "Q"] });
  const chosen = (choice: string) => [{ kind: "answer", answer: { kind: "approve", choice } }];

  test("has nothing selected, and takes what was typed whole", () => {
    expect(press(waiting(matched), ENTER).wishes).toEqual([]);
    expect(press(waiting(matched), text("a"), ENTER).wishes).toEqual([]);
    expect(press(waiting(matched), text("1"), ENTER).wishes).toEqual([]);
    expect(press(waiting(matched), text("5"), text("7"), ENTER).wishes).toEqual([
      { kind: "answer", request: matched, answer: { kind: "approve", choice: "57" } },
    ]);
  });

  test("takes no number that is not offered", () => {
    const { wishes } = press(waiting(matched), text("9"), text("12"), ENTER);
    expect(wishes).toMatchObject(chosen("12"));
    expect(press(waiting(matched), text("1"), text("9"), ENTER).wishes).toEqual([]);
  });

  test("says what it takes of a text that none begins with, until a key is pressed", () => {
    const said = { id: "1", text: "one of these is to be typed" };
    for (const keys of [[text("9")], [text("a")], [text("1"), text("9")], [text("1"), ENTER]]) {
      const { state } = press(waiting(matched), ...keys);
      expect(state.said).toEqual(said);
      expect(press(state, { name: "backspace" }).state.said).toBeNull();
    }
    expect(press(waiting(matched), { name: "tab" }).state.said).toBeNull();
    expect(press(waiting(one), text("9")).state.said).toBeNull();
  });

  test("can be corrected, and left", () => {
    const keys = [text("1"), { name: "backspace" }, text("57"), ENTER] as const;
    expect(press(waiting(matched), ...keys).wishes).toMatchObject(chosen("57"));
    const left = press(waiting(matched), text("12"), { name: "escape" }, ENTER);
    expect(left).toMatchObject({ wishes: [], state: { mode: { kind: "watching" } } });
  });

  test.each(["A", "D", "Q"])("takes the letter %s in either case, and does nothing else", (one) => {
    for (const typed of [one, one.toLowerCase()]) {
      expect(press(waiting(lettered), text(typed)).wishes).toEqual([]);
      expect(press(waiting(lettered), text(typed), ENTER).wishes).toMatchObject(chosen(one));
    }
  });

  test("tells the cases apart where the options differ in nothing else", () => {
    const cased = waiting(pushRequest("1", { options: ["ab", "AB"] }));
    expect(press(cased, text("AB"), ENTER).wishes).toMatchObject(chosen("AB"));
    expect(press(cased, text("aB"), ENTER).wishes).toEqual([]);
  });

  test("is denied with Delete where a letter is an option, also while one is typed", () => {
    const denied = [{ kind: "answer", answer: { kind: "deny", isReport: true } }];
    for (const keys of [[], [text("A")]]) {
      const { wishes } = press(waiting(lettered), ...keys, { name: "delete" }, text("r"));
      expect(wishes).toMatchObject(denied);
    }
    const { wishes } = press(waiting(lettered, one), { name: "right" }, { name: "ctrl-d" }, ENTER);
    expect(wishes).toEqual([{ kind: "deny-all" }]);
  });

  test("answers the oldest request, whatever comes while it is typed", () => {
    const newer = pushRequest("2", { options: ["12", "34"] });
    const { state } = press(waiting(newer, matched), text("1"));
    const { wishes } = press(withRequests(state, [three, newer, matched], 3), text("2"), ENTER);
    expect(wishes).toMatchObject([{ request: matched, answer: { choice: "12" } }]);
  });

  test("forgets what was typed for a request that has gone", () => {
    const newer = pushRequest("2", { options: ["12", "34"] });
    const { state } = press(waiting(newer, matched), text("12"));
    expect(press(withRequests(state, [newer], 1), ENTER).wishes).toEqual([]);
  });
});

describe("a request that was not shown whole", () => {
  const plain = pushRequest("1");
  const matched = pushRequest("1", { options: ["12", "57"] });
  const rows = { id: "1", columns: 80, top: 0, room: 3, total: 9, essential: 7 };
  const pressOnce = (state: PushScreenState, ...keys: readonly Key[]) =>
    keys.reduce(({ state: now }, key) => pressPushKey(now, key, NOW), { state, wish: null } as {
      state: PushScreenState;
      wish: PushWish | null;
    });

  test.each([
    ["its end was not reached", { ...rows, isTooSmall: false }, true],
    ["the screen is too small", { ...rows, top: 6, isTooSmall: true }, true],
    ["another one was shown", { ...rows, id: "2", room: 9, isTooSmall: false }, false],
  ])("is not approved where %s", (_, sight, canBeDenied) => {
    const one = withSight(waiting(plain), sight);
    expect(pressOnce(one, text("a"), ENTER).wish).toBeNull();
    expect(pressOnce(withSight(waiting(matched), sight), text("12"), ENTER).wish).toBeNull();
    expect(pressOnce(one, text("d"), text("r")).wish?.kind).toBe(
      canBeDenied ? "answer" : undefined,
    );
  });

  test("is approved after its end was shown, and no other one with it", () => {
    const end = withSight(waiting(plain), { ...rows, top: 4, isTooSmall: false });
    const back = withSight(end, { ...rows, isTooSmall: false });
    expect(pressOnce(back, text("a"), ENTER).wish).toMatchObject({ request: plain });
    const small = withSight(end, { ...rows, isTooSmall: true });
    expect(pressOnce(small, text("a"), ENTER).wish).toBeNull();
    expect(pressOnce(withRequests(end, [two], 1), text("a"), ENTER).wish).toBeNull();
  });
});

describe("denying", () => {
  test("is of the request that was drawn, and not of the one that took its place", () => {
    const moved = withRequests(drawn(waiting(two, one)), [two], 1);
    for (const key of [text("d"), { name: "delete" } as const]) {
      const { state } = pressPushKey(moved, key, NOW);
      expect(state.mode).toEqual({ kind: "watching" });
      expect(pressPushKey(drawn(state), key, NOW).state.mode).toMatchObject({ id: "2" });
    }
  });

  const denied = (isReport: boolean) => ({
    kind: "answer",
    request: one,
    answer: { kind: "deny", isReport },
  });

  test("takes one key, and a second one to report it", () => {
    expect(press(waiting(one), text("d"), text("r")).wishes).toEqual([denied(true)]);
    expect(press(waiting(one), text("d"), text("x")).wishes).toEqual([denied(false)]);
    expect(press(waiting(one), text("d"), ENTER).wishes).toEqual([denied(false)]);
  });

  test("happens by itself when nothing is reported in time", () => {
    const { state } = press(waiting(one), text("d"));
    expect(passTime(state, NOW).wish).toBeNull();
    expect(passTime(state, new Date(NOW.getTime() + REPORT_MS)).wish).toEqual(denied(false));
  });

  test("of all asks back, and takes Enter", () => {
    const all = waiting(three, two, one);
    expect(press(all, text("D")).wishes).toEqual([]);
    expect(press(all, text("D"), text("D"), ENTER).wishes).toEqual([]);
    expect(press(all, text("D"), ENTER).wishes).toEqual([{ kind: "deny-all" }]);
    const gone = withRequests(press(all, text("D")).state, [], 3);
    expect(press(withRequests(gone, [one], 3), ENTER).wishes).toEqual([]);
  });
});

describe("several requests", () => {
  test("are paged through, the oldest first", () => {
    const { state } = press(waiting(three, two, one), { name: "right" });
    expect(shownRequest(state)).toBe(two);
    expect(shownRequest(press(state, { name: "right" }, { name: "right" }).state)).toBe(three);
    expect(shownRequest(press(state, { name: "left" }, { name: "left" }).state)).toBe(one);
  });

  test("keep their place when a newer one comes", () => {
    expect(shownRequest(withRequests(waiting(one), [two, one], 2))).toBe(one);
    const { state } = press(waiting(two, one), { name: "down" });
    expect(shownRequest(withRequests(state, [three, two, one], 3))).toBe(two);
    expect(shownRequest(withRequests(state, [three, one], 3))).toBe(one);
  });
});

describe("what happens", () => {
  test("is noted: a request that expired, a server that is away and back", () => {
    const gone = withEvent(QUIET, { kind: "gone", request: one, reason: "expired" }, NOW);
    expect(gone.notes).toEqual([{ at: NOW, text: "expired: Login 1: from 192.0.2.7" }]);
    const offline = {
      kind: "offline",
      server: "pi.test",
      token: null,
      message: "no way",
      hint: null,
    } as const;
    const away = withEvent(QUIET, offline, NOW);
    expect([...away.troubles.values()]).toEqual(["no way; trying again"]);
    const hint = "this machine's clock is 400 s behind the server's: set it right";
    expect([...withEvent(QUIET, { ...offline, hint }, NOW).troubles.values()]).toEqual([
      `no way; trying again (${hint})`,
    ]);
    const back = withEvent(away, { kind: "online", server: "pi.test", token: null }, NOW);
    expect(back).toMatchObject({ troubles: new Map(), notes: [{ text: "pi.test answers again" }] });
  });

  test("is noted when an answer did not count, and shown when the login page wants a code", () => {
    const { state } = press(waiting(one), text("a"), ENTER);
    const answered = {
      kind: "answered",
      request: one,
      answer: { kind: "approve", choice: null },
    } as const;
    const late = withEvent(state, { ...answered, outcome: { isAccepted: false } }, NOW);
    expect(late.notes).toMatchObject([{ text: expect.stringContaining("too late") }]);
    expect(withAnswersSent(late).mode).toEqual({ kind: "watching" });
    const coded = withEvent(
      state,
      { ...answered, outcome: { isAccepted: true, displayCode: "4711" } },
      NOW,
    );
    expect(withAnswersSent(coded).mode).toEqual({ kind: "code", code: "4711", message: null });
    expect(press(coded, text("x")).state.mode).toEqual({ kind: "watching" });
  });

  test("is forgotten after a while, however much of it there is", () => {
    let state = QUIET;
    for (let i = 0; i < 1_000; i++)
      state = withEvent(state, { kind: "gone", request: one, reason: "expired" }, NOW);
    expect(state.notes.length).toBeLessThan(100);
  });
});

test("q and Escape leave", () => {
  expect(press(QUIET, text("q")).wishes).toEqual([{ kind: "leave" }]);
  expect(press(waiting(one), { name: "escape" }).wishes).toEqual([{ kind: "leave" }]);
});
