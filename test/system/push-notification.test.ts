import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { FOB, type TestHome, testHome } from "../e2e/fob.ts";
import { PrivacyIdeaServer } from "../push/privacyidea-server.ts";
import { describeWith } from "../requires.ts";
import { type NotificationBench, startNotificationBench } from "./notification-bench.ts";

const DUNST = {
  "dbus-daemon": "dbus",
  gdbus: "libglib2.0-bin",
  Xvfb: "xvfb",
  dunst: "dunst",
  dunstctl: "dunst",
};

describeWith(DUNST, "login requests by notification", () => {
  const removals: (() => void)[] = [];
  let home: TestHome;
  let server: PrivacyIdeaServer;
  let bench: NotificationBench;

  beforeAll(async () => {
    const later = (remove: () => void) => void removals.push(remove);
    home = testHome(later);
    server = await PrivacyIdeaServer.start(later);
    bench = await startNotificationBench();
    later(() => bench.close());
    await home.fob(["enroll", "-", "--yes"], { input: server.invitation() });
  });

  afterAll(async () => {
    await home.fob(["lock"]);
    for (const remove of removals) remove();
  });

  beforeEach(() => {
    bench.dismiss();
    server.challenges = [];
    server.answers.length = 0;
  });

  function listen(...options: readonly string[]) {
    const { PATH = "" } = process.env;
    const env = { PATH, HOME: home.home, FOB_HOME: home.home, FOB_KEYCHAIN: "file", ...bench.env };
    const args = [FOB, "push", "listen", "--notify", ...options];
    return execa(process.execPath, args, { env, extendEnv: false, reject: false, timeout: 50_000 });
  }

  const answered = () => expect.poll(() => server.answers.length, { timeout: 15_000 }).toBe(1);

  test.each([
    [1, "approved"],
    [2, "denied"],
  ])("fob push listen --notify: button %d means %s", async (button, word) => {
    const listening = listen("--once");
    server.challenge({ title: `Wiki ${word}`, question: "ann from 192.0.2.7" });
    const { body } = await bench.see(`Wiki ${word}`);
    expect(body).toContain("ann from 192.0.2.7");
    bench.press(button);
    const { exitCode, stdout } = await listening;
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(word),
    });
    expect(server.answers.map((answer) => "decline" in answer)).toEqual([word === "denied"]);
    expect(server.complaints).toEqual([]);
  });

  test("a request with numbers to choose from says to open fob, and is left alone", async () => {
    const listening = listen();
    server.challenge({ title: "Numbers", options: "17,42" });
    expect((await bench.see("Numbers")).body).toContain("Open fob");
    listening.kill("SIGINT");
    expect(await listening).toMatchObject({ exitCode: 130 });
    expect(server.answers).toEqual([]);
  });

  test("an agent asks by itself", async () => {
    const started = await home.fob(["agent", "start", "--push", "--notify"], { env: bench.env });
    expect(started).toMatchObject({ exitCode: 0 });
    server.challenge({ title: "By the agent" });
    await bench.see("By the agent");
    bench.press(1);
    await answered();
    await bench.see("Approved");
    expect(server.complaints).toEqual([]);
  });

  test("without anybody who shows notifications it says so at once", async () => {
    const nowhere = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" };
    for (const options of [[], ["--timeout", "86400"]]) {
      expect(
        await home.fob(["push", "listen", "--notify", ...options], { env: nowhere }),
      ).toMatchObject({
        ...{ exitCode: 8, stdout: "" },
        stderr: expect.stringMatching(/^fob: nothing here shows notifications\nhint: /),
      });
    }
    expect(await home.fob(["agent", "start", "--notify"])).toMatchObject({ exitCode: 2 });
  });
});
