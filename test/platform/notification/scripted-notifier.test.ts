import { describe, expect, test } from "vitest";
import { macNotifier } from "#platform/notification/mac-notifier.ts";
import { windowsNotifier } from "#platform/notification/windows-notifier.ts";
import type { NoticeQuestion, Notifier } from "#push/notifier.ts";
import { scriptRunner } from "../script-runner.ts";

const platform = scriptRunner();
const { runner } = platform;

const QUESTION: NoticeQuestion = {
  title: 'it\'s "x"; $(id) `id` \u2019',
  body: "ann\n\u{1f511}",
  actions: [
    { id: "approve", label: "Approve" },
    { id: "deny", label: "Deny" },
  ],
};

const ask = (notifier: Notifier, signal = new AbortController().signal) =>
  notifier.ask(QUESTION, { timeout: 60_000, signal });

describe.each([
  ["macOS", macNotifier, "osascript"],
  ["Windows", windowsNotifier, "powershell.exe"],
])("the notifications of %s", (name, make, program) => {
  test("are named", async () => {
    expect(await make().describe()).toContain(name);
  });

  test.each([
    ["first", "approve"],
    ["second", "deny"],
    ["neither", null],
  ])("answer %s with %s", async (word, id) => {
    runner(program, word);
    expect(await ask(make())).toBe(id);
  });

  test.each(["", "approve", "first\nfirst", "told", "FIRST"])(
    "take %j for no answer",
    async (word) => {
      runner(program, word);
      await expect(ask(make())).rejects.toMatchObject({ code: "unavailable" });
    },
  );

  test("believe no script that failed, and miss a runner that is not there", async () => {
    runner(program, "first", 1);
    await expect(ask(make())).rejects.toMatchObject({ code: "unavailable" });
    platform.leaveAlone();
    await expect(make().tell(QUESTION)).rejects.toMatchObject({
      code: "unavailable",
      hint: expect.any(String),
    });
  });

  test("are told what to show as data, and nothing of it is in the script", async () => {
    runner(program, "first");
    await ask(make());
    expect(JSON.parse(platform.told())).toEqual({
      title: QUESTION.title,
      body: QUESTION.body,
      labels: ["Approve", "Deny"],
      seconds: 60,
    });
    expect(platform.given()).not.toContain("id");
    runner(program, "told");
    await make().tell(QUESTION);
    expect(JSON.parse(platform.told())).toMatchObject({ title: QUESTION.title, labels: [] });
  });

  test("answer nothing when nobody wants to know any more", async () => {
    runner(program, "first");
    expect(await ask(make(), AbortSignal.abort())).toBeNull();
  });
});

test("the scripts of macOS are ones that a JavaScript engine reads, and no key decides", async () => {
  runner("osascript", "first");
  await ask(macNotifier());
  const script = platform.given().split("-e\n")[1] ?? "";
  expect(() => new Function("ObjC", "$", "Application", script)).not.toThrow();
  expect(script).toMatch(/defaultButton: later,\s+cancelButton: later/);
});
