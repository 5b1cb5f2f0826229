import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { desktopNotifier } from "#platform/notification/desktop-notifier.ts";
import type { NoticeQuestion } from "#push/notifier.ts";
import { HOTP_URI, RFC_CODES, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { type NotificationBench, startNotificationBench } from "./notification-bench.ts";

const QUESTION: NoticeQuestion = {
  title: "Login at ACME?",
  body: "ann from 192.0.2.7",
  actions: [
    { id: "approve", label: "Approve" },
    { id: "deny", label: "Deny" },
  ],
};

const BUS = { "dbus-daemon": "dbus", gdbus: "libglib2.0-bin" };
const DUNST = { ...BUS, Xvfb: "xvfb", dunst: "dunst", dunstctl: "dunst" };

describeWith(DUNST, "notifications (dunst on a bus of its own)", () => {
  let bench: NotificationBench;
  const notifier = desktopNotifier();

  beforeAll(async () => {
    bench = await startNotificationBench();
    vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", bench.env["DBUS_SESSION_BUS_ADDRESS"]);
  });
  afterEach(() => bench.dismiss());
  afterAll(() => {
    vi.unstubAllEnvs();
    bench.close();
  });

  const ask = (title: string, { timeout = 60_000, signal = new AbortController().signal } = {}) =>
    notifier.ask({ ...QUESTION, title }, { timeout, signal });

  test("name who shows them", async () => {
    expect(await notifier.describe()).toBe("dunst");
  });

  test("tell, and wait for nobody", async () => {
    await notifier.tell({ title: "Approved", body: "ACME" });
    expect(await bench.see("Approved")).toMatchObject({ body: "ACME", urgency: "NORMAL" });
  });

  test.each([
    [1, "approve"],
    [2, "deny"],
  ])("ask, and know which button was pressed: %d is %s", async (button, id) => {
    const answer = ask(`Question ${button}?`);
    expect(await bench.see(`Question ${button}?`)).toMatchObject({
      body: QUESTION.body,
      urgency: "CRITICAL",
    });
    bench.press(button);
    expect(await answer).toBe(id);
    await vi.waitFor(() => expect(bench.count()).toBe(0));
  });

  test("that are sent away have no answer", async () => {
    const answer = ask("Sent away?");
    await bench.see("Sent away?");
    bench.dismiss();
    expect(await answer).toBeNull();
  });

  test("vanish when their time is over, or when nobody wants to know any more", async () => {
    expect(await ask("Too late?", { timeout: 300 })).toBeNull();
    const end = new AbortController();
    const answer = ask("Never mind?", { signal: end.signal });
    await bench.see("Never mind?");
    end.abort();
    expect(await answer).toBeNull();
    await vi.waitFor(() => expect(bench.count()).toBe(0));
  });

  test("of others are no answer", async () => {
    const answer = ask("Mine?");
    await bench.see("Mine?");
    const other = notifier.ask(
      { ...QUESTION, title: "Other?" },
      { timeout: 300, signal: new AbortController().signal },
    );
    expect(await other).toBeNull();
    bench.press(1);
    expect(await answer).toBe("approve");
  });

  test("say that a passcode was copied, without its digits, unless it is asked for", async () => {
    const { fob } = testHome();
    const copying = { env: bench.env };
    await fob(["enroll", "-"], { input: HOTP_URI });
    for (const [name, code, shows] of [
      ["--notify", RFC_CODES[0] ?? "", false],
      ["--notify-code", RFC_CODES[1] ?? "", true],
    ] as const) {
      const outcome = await fob(["code", "ACME", name, "--clear-after", "1"], copying);
      expect(outcome).toMatchObject({ exitCode: 0, stdout: "" });
      const { summary, body } = await bench.see(shows ? `ACME: ${code}` : "ACME");
      expect(body).toBe("copied; the clipboard is cleared in 1 second");
      expect(summary.includes(code)).toBe(shows);
      bench.dismiss();
    }
    // a key of the desktop has no terminal to say it at
    expect(await fob(["code", "nix", "--notify"], copying)).toMatchObject({ exitCode: 3 });
    expect(await bench.see("No passcode of nix")).toMatchObject({
      body: 'no token is called "nix"',
    });
  });

  test("are among the things that fob doctor looks for", async () => {
    const { fob } = testHome();
    const { stdout } = await fob(["doctor", "--json"], { env: bench.env });
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({
        check: "notifications",
        status: "ok",
        message: expect.stringContaining("dunst"),
      }),
    );
  });

  test("show text as text: dunst would take tags away", async () => {
    const body = "<b>R&D</b> <a href='https://evil.test'>x</a>";
    await notifier.tell({ title: "Markup", body });
    expect(await bench.see("Markup")).toMatchObject({ body });
  });
});

describeWith(BUS, "without anybody who shows notifications", () => {
  let bench: NotificationBench;
  beforeAll(async () => {
    bench = await startNotificationBench({ isBare: true });
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => bench.close());

  describe.each(["a bus", "no bus"])("and with %s", (which) => {
    test("every use says so, and what to do", async () => {
      const address =
        which === "a bus" ? bench.env["DBUS_SESSION_BUS_ADDRESS"] : "unix:path=/nonexistent/bus";
      vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", address);
      const missing = { code: "unavailable", hint: expect.stringContaining("dunst") };
      const notifier = desktopNotifier();
      await expect(notifier.describe()).rejects.toMatchObject(missing);
      await expect(notifier.tell(QUESTION)).rejects.toMatchObject(missing);
      const patience = { timeout: 60_000, signal: new AbortController().signal };
      await expect(notifier.ask(QUESTION, patience)).rejects.toMatchObject(missing);
    });
  });
});
