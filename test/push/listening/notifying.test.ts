import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { desktopNotifier } from "#platform/notification/desktop-notifier.ts";
import { Notifying } from "#push/listening/notifying.ts";
import type { PushOutcome } from "#push/push-request.ts";
import { NOW, pushRequest } from "../../cli/screen/push-request.ts";
import { describeWith } from "../../requires.ts";
import { type NotificationBench, startNotificationBench } from "../../system/notification-bench.ts";

const DUNST = {
  "dbus-daemon": "dbus",
  gdbus: "libglib2.0-bin",
  Xvfb: "xvfb",
  dunst: "dunst",
  dunstctl: "dunst",
};

describeWith(DUNST, "asking about login requests by notification", () => {
  let bench: NotificationBench;

  beforeAll(async () => {
    bench = await startNotificationBench();
    vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", bench.env["DBUS_SESSION_BUS_ADDRESS"]);
  });
  afterEach(() => bench.dismiss());
  afterAll(() => {
    vi.unstubAllEnvs();
    bench.close();
  });

  /**
   * Somebody who listens for token `guarded` with a PIN and for others without, whose server says
   * `outcome` to every answer.
   */
  function listener(outcome: PushOutcome | FobError = { isAccepted: true }) {
    const answers: unknown[] = [];
    const troubles: FobError[] = [];
    const notifying = new Notifying({
      notifier: desktopNotifier(),
      async answer(id, answer) {
        answers.push({ id, ...answer });
        if (outcome instanceof FobError) throw outcome;
        return outcome;
      },
      isGuarded: (tokenId) => tokenId === "guarded",
      now: () => NOW,
      onTrouble: (trouble) => troubles.push(trouble),
    });
    return { notifying, answers, troubles };
  }

  test.each([
    [1, "Approved", { id: "a1", kind: "approve", choice: null }],
    [2, "Denied", { id: "a2", kind: "deny", isReport: false }],
  ])("button %d: %s, and the outcome is shown", async (button, words, answer) => {
    const { notifying, answers } = listener();
    notifying.hear({ kind: "request", request: pushRequest(`a${button}`) });
    const { body } = await bench.see(`Login a${button}`);
    expect(body).toContain("from 192.0.2.7");
    expect(body).toContain("vpn at pi.example.org");
    bench.press(button);
    expect((await bench.see(words)).body).toContain(`Login a${button}`);
    expect(answers).toEqual([answer]);
  });

  test.each([
    ["whose token has a PIN", { tokenId: "guarded" }],
    ["whose policy does not allow it", { isQuick: false }],
    ["where a number is to be chosen", { options: ["1", "2"] }],
    ["that is too long to be seen whole", { question: `${"word ".repeat(30)}AND TRANSFER` }],
  ])("a request %s has no buttons, and says to open fob", async (_, more) => {
    const { notifying, answers } = listener();
    const request = pushRequest("b", { ...more, title: `Without buttons ${Object.keys(more)}` });
    notifying.hear({ kind: "request", request });
    const { body, urgency } = await bench.see(request.title);
    expect(body).toContain("Open fob");
    expect(urgency).toBe("NORMAL");
    expect(answers).toEqual([]);
  });

  test("one that was answered elsewhere, or has expired, vanishes", async () => {
    const { notifying, answers } = listener();
    const request = pushRequest("c1");
    notifying.hear({ kind: "request", request });
    await bench.see("Login c1");
    notifying.hear({ kind: "gone", request, reason: "withdrawn" });
    await vi.waitFor(() => expect(bench.count()).toBe(0));
    expect(answers).toEqual([]);
  });

  test("a code for the login page is shown, and a refusal or failure said", async () => {
    for (const [id, outcome, words] of [
      ["d1", { isAccepted: true, displayCode: "4711" }, "Type 4711"],
      ["d2", { isAccepted: false }, "Not accepted"],
      ["d3", new FobError("unavailable", "no way"), "Not answered"],
    ] as const) {
      listener(outcome).notifying.hear({ kind: "request", request: pushRequest(id) });
      await bench.see(`Login ${id}`);
      bench.press(1);
      await bench.see(words);
      bench.dismiss();
    }
  });

  test("of a flood three are shown, and the rest is counted once", async () => {
    const { notifying } = listener();
    for (let i = 0; i < 1_000; i++)
      notifying.hear({ kind: "request", request: pushRequest(`e${i}`) });
    expect((await bench.see("more login request")).body).toContain("deny --all");
    await bench.see("Login e2");
    expect(bench.count()).toBe(4);
    await notifying.end();
    await vi.waitFor(() => expect(bench.count()).toBe(1));
  });

  test("a desktop without notifications is said once", async () => {
    vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    const { notifying, troubles } = listener();
    for (const id of ["f1", "f2"]) notifying.hear({ kind: "request", request: pushRequest(id) });
    await vi.waitFor(() => expect(troubles).toMatchObject([{ code: "unavailable" }]));
    vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", bench.env["DBUS_SESSION_BUS_ADDRESS"]);
  });
});
